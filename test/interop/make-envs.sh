#!/bin/sh
# Makes the Python environment of one pins file, once, outside the checkout, and prints its python.
#   make-envs.sh lerobot-v30
#   make-envs.sh numpy 3.10        for one version of Python
# It lies in ${XDG_CACHE_HOME:-~/.cache}/tendon-interop/NAME-DIGEST: other pins make another one.
# Exit 3: no fitting Python is installed here.
set -eu
name=$1
here=$(cd "$(dirname "$0")" && pwd)
pins=$here/pins/$name.txt
case $name in
  lerobot-v30 | loader) wanted="3.12 3.13" ;;
  *) wanted="3.11 3.12 3.13 3.10" ;;
esac
wanted=${2:-$wanted}
digest=$(sha256sum "$pins" | cut -c1-12)
home=${XDG_CACHE_HOME:-$HOME/.cache}/tendon-interop
env=$home/$name${2:-}-$digest
mkdir -p "$home"
exec 9>"$env.lock"
flock 9
if [ -e "$env/ok" ]; then
  echo "$env/bin/python"
  exit 0
fi

# The first candidate that runs and is of a wanted version. A pyenv shim is there without running.
find_python() {
  for version in $wanted; do
    for candidate in "python$version" "$HOME/.pyenv/versions/$version".*/bin/python python3; do
      found=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
      if [ "$found" = "$version" ]; then
        echo "$candidate"
        return
      fi
    done
  done
  echo "$name needs Python $wanted, and none is installed" >&2
  exit 3
}
python=$(find_python)
rm -rf "$env"
{
  "$python" -m venv "$env"
  "$env/bin/python" -m pip install --quiet --disable-pip-version-check uv
  "$env/bin/uv" pip install --quiet --python "$env/bin/python" -r "$pins"
} >&2
touch "$env/ok"
echo "$env/bin/python"
