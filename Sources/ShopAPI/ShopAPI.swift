/// The room of the machine service: its operations, what goes over the wire, its error codes, and its client.
///
/// Shop and plant offer the same service. The plant carries it out, the shop delegates it; so a client cannot tell them
/// apart, and a shop may stand where a plant does. Bodies are JSON, request documents stay XML.
public enum ShopAPI {
    /// The version of the wire contract, the first component of every path.
    public static let version = "v1"
    /// After so many seconds who was told `service.overloaded` should try again.
    public static let secondsUntilRetry = 2
    /// The product's version.
    public static let productVersion = "0.1.0"
}
