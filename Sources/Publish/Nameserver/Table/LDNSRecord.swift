import CLDNS
import Glibc
import Inventory
import Zones

/// One resource record inside ldns, freed with its owner. Only data of our own comes here: ldns is
/// known to leak and to abort on some messages that strangers can send.
struct LDNSRecord: ~Copyable {
    /// Why ldns does not take or give a record, in its words.
    struct Refusal: Error {
        let reason: String
    }

    private let record: UnsafeMutablePointer<ldns_rr>

    /// Reads a record in wire form without compression: owner, type, class, time to live, length,
    /// data.
    init(wire: [UInt8]) throws(Refusal) {
        var made: UnsafeMutablePointer<ldns_rr>?
        var position = 0
        let status = ldns_wire2rr(&made, wire, wire.count, &position, LDNS_SECTION_ANSWER)
        guard status == LDNS_STATUS_OK, let made else {
            throw Refusal(status: status)
        }
        guard position == wire.count else {
            ldns_rr_free(made)
            throw Refusal(reason: "\(wire.count - position) octets are left over")
        }
        guard Self.hasAllFields(made) else {
            ldns_rr_free(made)
            throw Refusal(reason: "fields are missing")
        }
        record = made
    }

    /// ldns takes data that ends between two fields, even before the first: updates have such
    /// records. Of a type that it does not know, it knows no fields.
    private static func hasAllFields(_ record: UnsafeMutablePointer<ldns_rr>) -> Bool {
        guard let descriptor = ldns_rr_descript(UInt16(ldns_rr_get_type(record).rawValue)),
            descriptor.pointee._type.rawValue != 0
        else { return true }
        return ldns_rr_rd_count(record) >= ldns_rr_descriptor_minimum(descriptor)
    }

    private init(owning record: UnsafeMutablePointer<ldns_rr>) {
        self.record = record
    }

    deinit {
        ldns_rr_free(record)
    }

    /// The record in canonical wire form (RFC 4034 section 6.2).
    consuming func canonicalWire() throws(Refusal) -> [UInt8] {
        ldns_rr2canonical(record)
        var wire: UnsafeMutablePointer<UInt8>?
        var octets = 0
        let status = ldns_rr2wire(
            &wire, record, Int32(bitPattern: LDNS_SECTION_ANSWER.rawValue), &octets)
        guard status == LDNS_STATUS_OK, let wire else {
            throw Refusal(status: status)
        }
        defer { free(wire) }
        return Array(UnsafeBufferPointer(start: wire, count: octets))
    }
}

extension LDNSRecord.Refusal {
    fileprivate init(status: ldns_status) {
        let text = ldns_get_errorstr_by_id(status)
        reason = text.map { String(cString: $0) } ?? "ldns status \(status.rawValue)"
    }
}

// MARK: - Operators' text

extension LDNSRecord {
    /// The data of one record as text, in canonical wire form. The text is an operator's, printable
    /// ASCII without comments or line ends.
    ///
    /// - `origin`: where names without a dot at their end belong.
    static func data(
        _ text: String, type: RecordType, origin: DomainName
    ) throws(Refusal) -> [UInt8] {
        try checkFields(text, type: type)
        guard let base = ldns_dname_new_frm_str(origin.description) else {
            throw Refusal(reason: "\(origin) is no name")
        }
        defer { ldns_rdf_deep_free(base) }
        var made: UnsafeMutablePointer<ldns_rr>?
        // With the root as its owner, the data begins at a known octet.
        let status = ldns_rr_new_frm_str(&made, ". 0 IN \(type) \(text)", 0, base, nil)
        guard status == LDNS_STATUS_OK, let made else { throw Refusal(status: status) }
        let wire = try LDNSRecord(owning: made).canonicalWire()
        // Once more from wire form, as the table of answers will take it.
        let again = try LDNSRecord(wire: wire).canonicalWire()
        guard again == wire, wire.count > 11 else {
            throw Refusal(reason: "its parts do not fit together")
        }
        return Array(wire[11...])
    }

    /// ldns cuts numbers that are too large, and takes half an octet for a whole one.
    private static func checkFields(_ text: String, type: RecordType) throws(Refusal) {
        let words = text.split(separator: " ")
        guard let descriptor = ldns_rr_descript(type.rawValue),
            descriptor.pointee._type.rawValue != 0, words.first != "\\#"
        else { return }
        for (index, word) in words.enumerated() {
            // Behind a text with spaces, words are no fields any more.
            guard index < ldns_rr_descriptor_maximum(descriptor), word.first != "\"" else { return }
            let isGood: Bool
            switch ldns_rr_descriptor_field_type(descriptor, index) {
            case LDNS_RDF_TYPE_INT8: isGood = UInt8(word) != nil
            case LDNS_RDF_TYPE_INT16: isGood = UInt16(word) != nil
            case LDNS_RDF_TYPE_INT32: isGood = UInt32(word) != nil
            case LDNS_RDF_TYPE_HEX:
                let digits = words[index...].joined()
                guard digits.count % 2 == 0, digits.allSatisfy(\.isHexDigit) else {
                    throw Refusal(reason: "\(digits) is no whole octets in hexadecimal digits")
                }
                return
            default: isGood = true
            }
            guard isGood else { throw Refusal(reason: "\(word) is no number that fits there") }
        }
    }
}
