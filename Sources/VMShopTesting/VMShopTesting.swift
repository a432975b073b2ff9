/// The room of what tests share: plants whose answers are scripted, and servers that can be stopped.
public enum VMShopTesting {}
