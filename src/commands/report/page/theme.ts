const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const STORED = "tendon-theme";

let theme: Theme = stored();

/** As the system, then light, then dark. */
export function toggleTheme(): void {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  try {
    localStorage.setItem(STORED, theme);
  } catch {
    // A browser may refuse to keep anything for a file.
  }
  applyTheme();
}

export function applyTheme(): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  button?.setAttribute("aria-label", `Colours: ${theme === "auto" ? "as the system" : theme}`);
  document.dispatchEvent(new CustomEvent("tendon-theme"));
}

function stored(): Theme {
  try {
    return THEMES.find((each) => each === localStorage.getItem(STORED)) ?? "auto";
  } catch {
    return "auto";
  }
}
