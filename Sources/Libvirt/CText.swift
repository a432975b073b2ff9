import CLibvirt
import Glibc

/// Text that libvirt allocated for its caller.
enum CText {
    /// Copies the text and frees it.
    static func take(_ text: UnsafeMutablePointer<CChar>) -> String {
        defer { free(text) }
        return String(cString: text)
    }
}

/// UUIDs in libvirt's textual form.
enum UUIDText {
    /// Reads a UUID by a function that fills a buffer; empty when it fails.
    static func read(_ fill: (UnsafeMutablePointer<CChar>) -> Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(VIR_UUID_STRING_BUFLEN)) { buffer in
            guard let start = buffer.baseAddress, fill(start) == 0 else { return "" }
            return String(cString: start)
        }
    }
}
