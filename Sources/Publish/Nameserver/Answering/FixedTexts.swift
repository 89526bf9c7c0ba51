import DNSWire

/// Who we are, for those who ask: class CHAOS (RFC 4892) and NSID.
struct FixedTexts: ~Copyable {
    static let chaos: UInt16 = 3

    private let room: UnsafeMutableRawPointer
    /// Told as NSID, and as `id.server` and `hostname.bind`; empty: not told.
    let identity: UnsafeRawBufferPointer
    /// Told as `version.server` and `version.bind`.
    let version: UnsafeRawBufferPointer

    init(_ settings: AnswerSettings) {
        let octets = settings.identity + settings.version
        room = .allocate(byteCount: max(octets.count, 1), alignment: 1)
        for (index, octet) in octets.enumerated() {
            room.storeBytes(of: octet, toByteOffset: index, as: UInt8.self)
        }
        identity = UnsafeRawBufferPointer(start: room, count: settings.identity.count)
        version = UnsafeRawBufferPointer(
            start: room + settings.identity.count, count: settings.version.count)
    }

    deinit {
        room.deallocate()
    }

    /// The text for a question in class CHAOS, if we have one.
    func text(for name: UnsafePointer<UInt8>, type: UInt16) -> UnsafeRawBufferPointer? {
        guard type == TypeNumber.txt || type == RecordTypeNumber.any else { return nil }
        let text: UnsafeRawBufferPointer
        if Self.isEqual(name, "\u{2}id\u{6}server\u{0}")
            || Self.isEqual(name, "\u{8}hostname\u{4}bind\u{0}")
        {
            text = identity
        } else if Self.isEqual(name, "\u{7}version\u{6}server\u{0}")
            || Self.isEqual(name, "\u{7}version\u{4}bind\u{0}")
        {
            text = version
        } else {
            return nil
        }
        return text.isEmpty ? nil : text
    }

    /// Compares a canonical name with one given as wire octets, root's zero included.
    private static func isEqual(_ name: UnsafePointer<UInt8>, _ wire: StaticString) -> Bool {
        for index in 0..<wire.utf8CodeUnitCount where name[index] != wire.utf8Start[index] {
            return false
        }
        return true
    }
}
