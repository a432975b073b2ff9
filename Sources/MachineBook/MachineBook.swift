/// The room of the books of machines: what shop and plant alike keep in SQLite about each machine, its events, and
/// who waits for them. A plant's book is the truth; a shop's can be rebuilt from its plants'.
public enum MachineBook {}
