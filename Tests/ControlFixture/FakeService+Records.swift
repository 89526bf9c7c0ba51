package import Control

/// One zone, whose records of the operator's never change.
extension FakeService {
    package func addRecord(
        _ request: RecordAddRequest
    ) async throws(ControlError) -> RecordChangeAnswer {
        guard request.name != "held.example.com." else {
            throw .conflict("guests have these names: 101", remedy: "--replace takes the names")
        }
        let difference = RecordDifference(
            name: request.name, type: request.type, ttl: request.ttl ?? 300, from: [],
            to: [request.data.joined(separator: " ")])
        return RecordChangeAnswer(
            index: 46, zone: request.zone ?? "example.com.",
            outcome: request.dryRun ? .shown : .done, version: 40, added: 1,
            differences: [difference],
            findings: [RecordRemark(.warning, "mail.example.com. does not exist")],
            guests: request.replace ? [101] : [])
    }

    package func removeRecords(
        _ request: RecordRemoveRequest
    ) async throws(ControlError) -> RecordChangeAnswer {
        guard request.name != "none.example.com." else {
            throw .notFound("the operator gives no such record", remedy: "see GET /v1/records")
        }
        return RecordChangeAnswer(
            index: 46, zone: "example.com.", outcome: .done, version: 40, removed: 1,
            differences: [
                RecordDifference(
                    name: request.name, type: request.type ?? "MX", ttl: nil,
                    from: ["10 mail.example.com."], to: [])
            ])
    }

    package func importZone(
        _ request: ZoneImportRequest, text: [UInt8]
    ) async throws(ControlError) -> RecordChangeAnswer {
        guard !text.isEmpty else {
            return RecordChangeAnswer(
                index: 46, zone: request.zone ?? "example.com.", outcome: .refused,
                findings: [RecordRemark(.error, line: 1, "there is nothing")])
        }
        return RecordChangeAnswer(
            index: 46, zone: request.zone ?? "example.com.",
            outcome: request.dryRun ? .shown : .unchanged, version: 40)
    }

    package func addZone(
        _ request: ZoneAddRequest
    ) async throws(ControlError) -> RecordChangeAnswer {
        guard request.zone != "example.com." else {
            throw .conflict("there is a zone \(request.zone) already", remedy: "name another one")
        }
        return RecordChangeAnswer(index: 46, zone: request.zone, outcome: .done)
    }

    package func removeZone(
        _ request: ZoneRemoveRequest
    ) async throws(ControlError) -> RecordChangeAnswer {
        guard request.zone == "example.com." else {
            throw .notFound("there is no zone \(request.zone)", remedy: "see GET /v1/zones")
        }
        guard request.withRecords else {
            throw .conflict("\(request.zone) has records", remedy: "--with-records removes them")
        }
        return RecordChangeAnswer(index: 46, zone: request.zone, outcome: .done, removed: 2)
    }
}
