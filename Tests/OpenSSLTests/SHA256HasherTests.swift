import Testing

@testable import OpenSSL

@Suite("FIPS 180-4: SHA-256") struct SHA256HasherTests {
    /// Messages and what sha256sum(1) says of them.
    private static let known: [(message: [UInt8], digest: String)] = [
        ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (
            Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        (
            [UInt8](repeating: 0, count: 1_000),
            "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"
        ),
    ]

    private func text(_ octets: [UInt8]) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func oneMessageAfterTheOther() {
        var hasher = SHA256Hasher()
        for (message, digest) in Self.known + Self.known {
            hasher.update(message)
            #expect(text(hasher.finish()) == digest)
        }
    }

    @Test(arguments: [1, 7, 64, 999]) func piecesMakeAMessage(size: Int) {
        var hasher = SHA256Hasher()
        for (message, digest) in Self.known {
            for start in stride(from: 0, to: message.count, by: size) {
                hasher.update(Array(message[start..<min(start + size, message.count)]))
            }
            #expect(text(hasher.finish()) == digest)
        }
    }

    @Test func aHalfIsTheBeginning() {
        var hasher = SHA256Hasher()
        for (message, digest) in Self.known {
            let half = hasher.half(of: message)
            let halves = [half.high, half.low].map { number in
                let digits = String(number, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }
            #expect(halves.joined() == digest.prefix(32))
        }
    }
}
