// libFuzzer's entry for the reader of zone files. It is compiled together with the reader's
// sources, as one module, beside the modules of names and records and with ldns.
import Inventory
import Zones

private let apex = DomainName("example.com")

/// Reads whatever comes as a zone file, and checks what those rely on who take its records.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzZoneText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let apex else { return 0 }
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    let text = ZoneText(reading: octets, origin: apex, ttlSeconds: 300)
    let lines = 1 + octets.count { $0 == 0x0A }
    precondition(text.problems.count <= ZoneText.problemLimit)
    for problem in text.problems {
        precondition((1...lines).contains(problem.line) && !problem.reason.isEmpty)
    }
    for record in text.records {
        precondition((1...lines).contains(record.line) && record.ttlSeconds <= 1 << 31 - 1)
        precondition(record.data.count <= 65_535)
        check(record)
    }
    return 0
}

/// What was read reads as itself once more, from the form that holds any data (RFC 3597).
private func check(_ record: ZoneTextRecord) {
    guard !record.data.isEmpty, record.data.count < 1_000 else { return }
    let digits = record.data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    do throws(ZoneTextError) {
        let again = try ZoneText.record(
            record.key.owner, type: "\(record.key.type)",
            data: "\\# \(record.data.count) \(digits)",
            ttlSeconds: record.ttlSeconds, origin: record.key.owner)
        precondition(again.data == record.data && again.key == record.key)
    } catch {
        preconditionFailure("\(record.key) \(digits): \(error.reason)")
    }
}
