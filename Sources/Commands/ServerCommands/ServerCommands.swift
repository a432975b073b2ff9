/// The room of the servers' command lines: how a server is started and how its configuration is written.
public enum ServerCommands {}
