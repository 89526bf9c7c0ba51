package import Inventory
package import Zones

/// A record of an operator's zone file, compiled.
package struct ZoneTextRecord: Hashable, Sendable {
    /// Owner and type.
    package let key: RecordSetKey
    /// In seconds.
    package let ttlSeconds: UInt32
    /// In wire form, names in lower case.
    package let data: [UInt8]
    /// Where it begins; the first line is 1.
    package let line: Int
}

/// What a zone file says.
package struct ZoneText: Sendable {
    /// Why something in it could not be read.
    package struct Problem: Hashable, Sendable {
        /// Where; the first line is 1.
        package let line: Int
        /// Why.
        package let reason: String
    }

    /// What could be read, in its order.
    package internal(set) var records: [ZoneTextRecord] = []
    /// What could not; reading ends after `problemLimit`.
    package internal(set) var problems: [Problem] = []

    /// The longest text.
    package static let octetsLimit = 32 << 20
    /// More problems are not told.
    package static let problemLimit = 100
    /// More records are not read.
    package static let recordLimit = 500_000
}

extension ZoneText {
    /// Reads a zone file (RFC 1035 section 5) with $ORIGIN and $TTL; other files are not included.
    /// ldns reads types and data, one record at a time: what comes to it has bounds.
    ///
    /// - `origin`: where names without a dot at their end belong.
    /// - `ttlSeconds`: what holds before the first $TTL.
    package init(reading octets: [UInt8], origin: DomainName, ttlSeconds: UInt32) {
        guard octets.count <= Self.octetsLimit else {
            let reason = "the file is longer than \(Self.octetsLimit) octets"
            problems = [Problem(line: 1, reason: reason)]
            return
        }
        var scanner = ZoneLineScanner(octets)
        var context = ZoneTextContext(origin: origin, ttlSeconds: ttlSeconds)
        while problems.count < Self.problemLimit, let line = scanner.next() {
            do throws(ZoneTextContext.Refusal) {
                guard let record = try context.read(line) else { continue }
                records.append(record)
                guard records.count <= Self.recordLimit else {
                    throw .init("more than \(Self.recordLimit) records")
                }
            } catch {
                problems.append(Problem(line: line.number, reason: error.reason))
                if records.count > Self.recordLimit { return }
            }
        }
    }

    /// Reads the data of one record as it would stand in a file.
    ///
    /// Throws the reason in words.
    package static func record(
        _ owner: DomainName, type: String, data: String, ttlSeconds: UInt32, origin: DomainName
    ) throws(ZoneTextError) -> ZoneTextRecord {
        let text = "\(owner) \(ttlSeconds) IN \(type) \(data)"
        let read = ZoneText(reading: Array(text.utf8), origin: origin, ttlSeconds: ttlSeconds)
        if let problem = read.problems.first { throw ZoneTextError(reason: problem.reason) }
        guard read.records.count == 1, let record = read.records.first, record.key.owner == owner
        else { throw ZoneTextError(reason: "that is not one record") }
        return record
    }
}

/// Why the text of a record could not be read.
package struct ZoneTextError: Error, Hashable, Sendable {
    /// Why.
    package let reason: String
}
