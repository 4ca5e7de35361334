const HEADER2 = `std_msgs/Header header
`;
const HEADER_PARTS = `
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
`;
const VECTORS = `
================================================================================
MSG: geometry_msgs/Vector3
float64 x
float64 y
float64 z
================================================================================
MSG: geometry_msgs/Quaternion
float64 x
float64 y
float64 z
float64 w
`;
const IMU = `geometry_msgs/Quaternion orientation
float64[9] orientation_covariance
geometry_msgs/Vector3 angular_velocity
float64[9] angular_velocity_covariance
geometry_msgs/Vector3 linear_acceleration
float64[9] linear_acceleration_covariance
`;
const JOINTS = `string[] name
float64[] position
float64[] velocity
float64[] effort
`;
const IMAGE = `string format
uint8[] data
`;

/** Message definitions as ROS 2 recorders write them into files. */
export const ROS2: { readonly [type: string]: string } = {
  "sensor_msgs/msg/JointState": HEADER2 + JOINTS + HEADER_PARTS,
  "sensor_msgs/msg/Imu": HEADER2 + IMU + HEADER_PARTS + VECTORS,
  "sensor_msgs/msg/CompressedImage": HEADER2 + IMAGE + HEADER_PARTS,
  "foxglove_msgs/msg/CompressedVideo": `builtin_interfaces/Time timestamp
string frame_id
uint8[] data
string format
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
`,
  "sensor_msgs/msg/Image": `${HEADER2}uint32 height
uint32 width
string encoding
uint8 is_bigendian
uint32 step
uint8[] data
${HEADER_PARTS}`,
  "geometry_msgs/msg/Twist": `geometry_msgs/Vector3 linear
geometry_msgs/Vector3 angular
${VECTORS}`,
  "std_msgs/msg/String": "string data\n",
  "std_msgs/msg/Float64": "float64 data\n",
  "std_msgs/msg/Int64": "int64 data\n",
  "std_msgs/msg/Float64MultiArray": `std_msgs/MultiArrayLayout layout
float64[] data
================================================================================
MSG: std_msgs/MultiArrayLayout
std_msgs/MultiArrayDimension[] dim
uint32 data_offset
================================================================================
MSG: std_msgs/MultiArrayDimension
string label
uint32 size
uint32 stride
`,
};

const HEADER1_PARTS = `
================================================================================
MSG: std_msgs/Header
uint32 seq
time stamp
string frame_id
`;

/** Message definitions as ROS 1 recorders write them. */
export const ROS1: { readonly [type: string]: string } = {
  "sensor_msgs/JointState": `Header header\n${JOINTS}${HEADER1_PARTS}`,
  "sensor_msgs/Imu": `Header header\n${IMU}${HEADER1_PARTS}${VECTORS}`,
};

/** A ROS 2 type in IDL, as newer recorders write it. */
export const IDL_TWIST = `================================================================================
IDL: geometry_msgs/msg/Twist
module geometry_msgs {
  module msg {
    struct Twist {
      geometry_msgs::msg::Vector3 linear;
      geometry_msgs::msg::Vector3 angular;
    };
  };
};
================================================================================
IDL: geometry_msgs/msg/Vector3
module geometry_msgs {
  module msg {
    struct Vector3 {
      double x;
      double y;
      double z;
    };
  };
};
`;
