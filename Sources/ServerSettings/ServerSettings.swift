/// The room of settings: where a server's come from (flags, environment, YAML file, in this order), and strict reading:
/// a value that is there and cannot be used is an error, never silently the default.
public enum ServerSettings {}
