import CEtcdRaft
import Glibc

/// Calls the engine and takes over the buffer that it gives, if it gives one.
func taking(
    _ call: (UnsafeMutablePointer<UnsafeMutableRawPointer?>, UnsafeMutablePointer<Int64>) -> Int32
) -> (code: Int32, octets: [UInt8]) {
    var buffer: UnsafeMutableRawPointer?
    var count: Int64 = 0
    let code = call(&buffer, &count)
    defer { free(buffer) }
    guard let buffer, count > 0 else { return (code, []) }
    return (code, Array(UnsafeRawBufferPointer(start: buffer, count: Int(count))))
}

/// What the engine gave, read. Octets that do not fit are a mistake of the bridge.
func decoded<Value>(
    _ octets: [UInt8], _ decode: (inout OctetReader) throws(OctetReader.Ended) -> Value
) throws(ConsensusError) -> Value {
    var reader = OctetReader(octets)
    do {
        return try decode(&reader)
    } catch {
        throw .engineFailed(reason: "the bridge gave \(octets.count) octets that do not fit")
    }
}

/// Anonymous C enumerations come as types of their own; the functions return plain numbers.
extension RawRepresentable where RawValue == Int32 {
    var code: Int32 { rawValue }
}

extension Int {
    var code: Int32 { Int32(self) }
}
