/// Writes a request of ours to another server: a query, or an update (RFC 2136 section 2).
package struct RequestWriter: Sendable {
    /// What kind of request it is.
    package enum Opcode: UInt16, Sendable {
        /// A query, RFC 1035.
        case query = 0
        /// An update, RFC 2136.
        case update = 5
    }

    /// The sections that records go into, in their order.
    package enum Section: Int, Sendable {
        /// What an update wants to find (RFC 2136 section 2.4).
        case prerequisites
        /// What it changes (section 2.5); with IXFR, the serial that is there (RFC 1995 section 3).
        case changes
    }

    /// Classes of an update's records (RFC 2136 sections 2.4 and 2.5).
    package enum RecordClass: UInt16, Sendable {
        /// There is such a record; it is added.
        case internet = 1
        /// There is no such set; it is taken out.
        case none = 254
        /// There is such a set; the set is deleted.
        case any = 255
    }

    /// No message is longer (RFC 1035 section 4.2.2).
    package static let maximumOctets = 65_535

    /// The message so far.
    package private(set) var octets: [UInt8]
    private var header: Header
    private var section = Section.prerequisites

    /// A request with a question and nothing else. `name` is in wire form.
    package init(
        id: UInt16, opcode: Opcode = .query, name: [UInt8], type: UInt16, recordClass: UInt16 = 1
    ) {
        header = Header(id: id, flags: Flags(rawValue: opcode.rawValue << 11))
        header.questionCount = 1
        octets = [UInt8](repeating: 0, count: Header.sizeOctets) + name
        append(type)
        append(recordClass)
        writeHeader()
    }

    /// Adds a record. Those of one section stand together, prerequisites first.
    package mutating func add(
        to section: Section, owner: [UInt8], type: UInt16, _ recordClass: RecordClass,
        ttlSeconds: UInt32 = 0, data: [UInt8] = []
    ) {
        precondition(section.rawValue >= self.section.rawValue, "sections in the wrong order")
        precondition(data.count <= 65_535, "oversized data")
        self.section = section
        octets += owner
        append(type)
        append(recordClass.rawValue)
        append(UInt16(ttlSeconds >> 16))
        append(UInt16(truncatingIfNeeded: ttlSeconds))
        append(UInt16(data.count))
        octets += data
        switch section {
        case .prerequisites: header.answerCount += 1
        case .changes: header.authorityCount += 1
        }
        writeHeader()
    }

    /// How long a record with such an owner and data is.
    package static func octets(owner: [UInt8], data: [UInt8] = []) -> Int {
        owner.count + 10 + data.count
    }

    private mutating func append(_ number: UInt16) {
        octets.append(UInt8(number >> 8))
        octets.append(UInt8(truncatingIfNeeded: number))
    }

    private mutating func writeHeader() {
        let header = header
        var span = octets.mutableSpan
        header.write(to: &span)
    }
}
