/// A method call: whom, what, with which arguments.
public struct BusCall: Sendable, Hashable {
    /// The name of the peer on the bus.
    public var destination: String
    /// The object.
    public var path: String
    /// The interface.
    public var interface: String
    /// The method.
    public var method: String
    /// Its arguments, basic types only.
    public var arguments: [BusValue]

    /// Makes a call.
    public init(destination: String, path: String, interface: String, method: String, arguments: [BusValue] = []) {
        self.destination = destination
        self.path = path
        self.interface = interface
        self.method = method
        self.arguments = arguments
    }
}
