/// A small client of D-Bus over libdbus-1: method calls with a deadline, nothing else.
///
/// The only place that speaks the library's C interface. No signals, no exported objects, no properties.
public enum DBus {}
