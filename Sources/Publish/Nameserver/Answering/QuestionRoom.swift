import DNSWire

/// Room for the canonical name of a question.
struct QuestionRoom: ~Copyable {
    let octets: UnsafeMutableBufferPointer<UInt8>

    init() {
        octets = .allocate(capacity: QuestionName.maximumOctets)
        octets.initialize(repeating: 0)
    }

    deinit {
        octets.deallocate()
    }

    var start: UnsafePointer<UInt8> {
        guard let start = octets.baseAddress else { preconditionFailure("room without memory") }
        return UnsafePointer(start)
    }
}
