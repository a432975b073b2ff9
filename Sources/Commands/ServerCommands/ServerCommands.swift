import ShopAPI

/// The room of the servers' command lines: how a server is started and how its configuration is written.
public enum ServerCommands {
    /// The version of the product.
    public static let version = ShopAPI.productVersion
}
