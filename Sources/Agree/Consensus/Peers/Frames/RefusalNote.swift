/// Why a connection ends, for the other side to read.
struct RefusalNote: Hashable {
    private static let maximumTextOctets = 200

    let refusal: ConnectionRefusal
    let text: String

    init(_ refusal: ConnectionRefusal, _ text: String) {
        self.refusal = refusal
        self.text = text
    }

    func encoded() -> [UInt8] {
        [refusal.rawValue] + text.utf8.prefix(Self.maximumTextOctets)
    }

    /// `nil` if it cannot be understood. Anything but plain ASCII is left out: it will be logged.
    init?(_ octets: [UInt8]) {
        guard let first = octets.first, let refusal = ConnectionRefusal(rawValue: first) else {
            return nil
        }
        let plain = octets.dropFirst().prefix(Self.maximumTextOctets).filter {
            $0 >= 0x20 && $0 < 0x7F
        }
        self.init(refusal, String(decoding: plain, as: UTF8.self))
    }
}
