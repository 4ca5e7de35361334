import type { NumberDtype } from "../../core/feature.ts";
import { arrayOffer, follow, type Offer, scalarOffer, textOffer, vectorOffer } from "./column.ts";
import { jointStateOffers, trajectoryOffers } from "./joints.ts";
import type { Refusal } from "./refusal.ts";

/** What a topic of a known type offers, from its first message. */
type Offers = (first: unknown) => readonly Offer[] | Refusal;

const XYZ = ["x", "y", "z"] as const;
const XYZW = ["x", "y", "z", "w"] as const;

/** The types that become streams of numbers or text, by canonical name. Pictures are in pictures.ts. */
export function knownOffers(type: string): Offers | undefined {
  return TYPES[type] ?? standardMessage(type);
}

/** Types that are commands whatever their topic is called. */
export function isCommandType(type: string): boolean {
  return type === "trajectory_msgs/JointTrajectory";
}

const pose = (...at: string[]) => [
  vectorOffer("position", [...at, "position"], XYZ, "m"),
  vectorOffer("orientation", [...at, "orientation"], XYZW),
];
const twist = (...at: string[]) => [
  vectorOffer("linear", [...at, "linear"], XYZ, "m/s"),
  vectorOffer("angular", [...at, "angular"], XYZ, "rad/s"),
];
const accel = (...at: string[]) => [
  vectorOffer("linear", [...at, "linear"], XYZ, "m/s²"),
  vectorOffer("angular", [...at, "angular"], XYZ, "rad/s²"),
];
const wrench = (...at: string[]) => [
  vectorOffer("force", [...at, "force"], XYZ, "N"),
  vectorOffer("torque", [...at, "torque"], XYZ, "N·m"),
];
const transform = (...at: string[]) => [
  vectorOffer("translation", [...at, "translation"], XYZ, "m"),
  vectorOffer("rotation", [...at, "rotation"], XYZW),
];
const fixed =
  (...offers: Offer[]): Offers =>
  () =>
    offers;

const TYPES: { readonly [type: string]: Offers } = {
  "sensor_msgs/JointState": jointStateOffers,
  "trajectory_msgs/JointTrajectory": trajectoryOffers,
  "sensor_msgs/Imu": imuOffers,
  "sensor_msgs/Joy": (first) => [
    ...some(arrayOffer("axes", ["axes"], "float32", first)),
    ...some(arrayOffer("buttons", ["buttons"], "int32", first)),
  ],
  "sensor_msgs/MagneticField": fixed(vectorOffer("", ["magnetic_field"], XYZ, "T")),
  "sensor_msgs/FluidPressure": fixed(scalarOffer("", ["fluid_pressure"], "float64", "Pa")),
  "sensor_msgs/Temperature": fixed(scalarOffer("", ["temperature"], "float64", "°C")),
  "sensor_msgs/Range": fixed(scalarOffer("", ["range"], "float32", "m")),
  "geometry_msgs/Pose": fixed(...pose()),
  "geometry_msgs/PoseStamped": fixed(...pose("pose")),
  "geometry_msgs/PoseWithCovariance": fixed(...pose("pose")),
  "geometry_msgs/PoseWithCovarianceStamped": fixed(...pose("pose", "pose")),
  "geometry_msgs/Twist": fixed(...twist()),
  "geometry_msgs/TwistStamped": fixed(...twist("twist")),
  "geometry_msgs/TwistWithCovarianceStamped": fixed(...twist("twist", "twist")),
  "geometry_msgs/Accel": fixed(...accel()),
  "geometry_msgs/AccelStamped": fixed(...accel("accel")),
  "geometry_msgs/Wrench": fixed(...wrench()),
  "geometry_msgs/WrenchStamped": fixed(...wrench("wrench")),
  "geometry_msgs/Transform": fixed(...transform()),
  "geometry_msgs/TransformStamped": fixed(...transform("transform")),
  "geometry_msgs/Vector3": fixed(vectorOffer("", [], XYZ)),
  "geometry_msgs/Vector3Stamped": fixed(vectorOffer("", ["vector"], XYZ)),
  "geometry_msgs/Point": fixed(vectorOffer("", [], XYZ, "m")),
  "geometry_msgs/PointStamped": fixed(vectorOffer("", ["point"], XYZ, "m")),
  "geometry_msgs/Quaternion": fixed(vectorOffer("", [], XYZW)),
  "geometry_msgs/QuaternionStamped": fixed(vectorOffer("", ["quaternion"], XYZW)),
  "nav_msgs/Odometry": fixed(...pose("pose", "pose"), ...twist("twist", "twist")),
  "foxglove.Pose": fixed(...pose()),
  "foxglove.PoseInFrame": fixed(...pose("pose")),
  "foxglove.FrameTransform": fixed(...transform()),
  "foxglove.Vector3": fixed(vectorOffer("", [], XYZ)),
  "foxglove.Point3": fixed(vectorOffer("", [], XYZ, "m")),
  "foxglove.Quaternion": fixed(vectorOffer("", [], XYZW)),
};

const SCALARS: { readonly [name: string]: NumberDtype } = {
  Bool: "bool",
  Byte: "uint8",
  Char: "uint8",
  Int8: "int8",
  Int16: "int16",
  Int32: "int32",
  Int64: "int64",
  UInt8: "uint8",
  UInt16: "uint16",
  UInt32: "uint32",
  UInt64: "uint64",
  Float32: "float32",
  Float64: "float64",
};

/** `std_msgs/Float64`, `std_msgs/Float64MultiArray`, `std_msgs/String` and their like, in std_msgs and example_interfaces. */
function standardMessage(type: string): Offers | undefined {
  const name = /^(?:std_msgs|example_interfaces)\/(\w+)$/.exec(type)?.[1];
  if (name === undefined) return undefined;
  if (name === "String") return fixed(textOffer("", ["data"]));
  const scalar = SCALARS[name];
  if (scalar) return fixed(scalarOffer("", ["data"], scalar));
  const element = SCALARS[name.replace("MultiArray", "")];
  if (!element || !name.endsWith("MultiArray")) return undefined;
  return (first) => {
    const offer = arrayOffer("", ["data"], element, first);
    return offer ? [offer] : { refused: "its first message is an empty array, so its width is not known" };
  };
}

/** A covariance that begins with -1 says that the sensor does not give that quantity. */
function imuOffers(first: unknown): Offer[] {
  const quantities = [
    { offer: vectorOffer("orientation", ["orientation"], XYZW), covariance: "orientation_covariance" },
    { offer: vectorOffer("angular_velocity", ["angular_velocity"], XYZ, "rad/s"), covariance: "angular_velocity_covariance" },
    {
      offer: vectorOffer("linear_acceleration", ["linear_acceleration"], XYZ, "m/s²"),
      covariance: "linear_acceleration_covariance",
    },
  ];
  const given = quantities.filter(({ covariance }) => (follow(first, [covariance]) as ArrayLike<number> | undefined)?.[0] !== -1);
  return given.map(({ offer }) => offer);
}

function some<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
