import COpenSSL

/// SHA-1 (FIPS 180-4) over one short message after the other, for the hashes of names that RFC 5155
/// has: nothing rests on nobody finding two names with one hash. It takes no memory from the heap.
package struct SHA1Hasher: ~Copyable {
    /// Octets of a digest.
    package static let octets = 20

    /// Ready for any number of messages.
    package init() {}

    /// Puts the digest of octets into a buffer of 20 octets or more.
    package mutating func hash(
        _ octets: UnsafeRawBufferPointer, into digest: UnsafeMutableRawBufferPointer
    ) {
        precondition(digest.count >= Self.octets, "no room for a digest")
        let place = digest.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let status = pipam_sha1(octets.baseAddress, octets.count, place)
        precondition(status == 1, "no SHA-1: \(lastErrorText())")
    }
}
