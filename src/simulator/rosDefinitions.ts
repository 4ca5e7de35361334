const STAMP = `
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
`;

const HEADER = `
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
${STAMP.trimStart()}`;

/** The message definitions that a ROS 2 recorder writes beside its messages, for the types that the robot sends. */
export const ROS_DEFINITIONS = {
  "sensor_msgs/msg/JointState": `std_msgs/Header header
string[] name
float64[] position
float64[] velocity
float64[] effort
${HEADER}`,
  "sensor_msgs/msg/Imu": `std_msgs/Header header
geometry_msgs/Quaternion orientation
float64[9] orientation_covariance
geometry_msgs/Vector3 angular_velocity
float64[9] angular_velocity_covariance
geometry_msgs/Vector3 linear_acceleration
float64[9] linear_acceleration_covariance
${HEADER}
================================================================================
MSG: geometry_msgs/Quaternion
float64 x
float64 y
float64 z
float64 w
================================================================================
MSG: geometry_msgs/Vector3
float64 x
float64 y
float64 z
`,
  "foxglove_msgs/msg/CompressedVideo": `builtin_interfaces/Time timestamp
string frame_id
uint8[] data
string format
${STAMP}`,
  "std_msgs/msg/String": "string data\n",
} as const;

export type RosType = keyof typeof ROS_DEFINITIONS;
