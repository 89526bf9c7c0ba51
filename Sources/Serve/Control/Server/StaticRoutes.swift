extension Route {
    static let staticRoutes = [
        Route(.action, "/v1/records/add") { arguments, service throws(ControlError) in
            let request = try arguments.body.recordAddition()
            try arguments.finish()
            return try json(await service.addRecord(request))
        },
        Route(.action, "/v1/records/remove") { arguments, service throws(ControlError) in
            let request = try arguments.body.recordRemoval()
            try arguments.finish()
            return try json(await service.removeRecords(request))
        },
        Route(.action, "/v1/static-zones/import", textLimit: ZoneImportRequest.maximumOctets) {
            arguments, service throws(ControlError) in
            let request = ZoneImportRequest(
                zone: try arguments.query.domainName("zone"),
                version: try arguments.query.number("version", in: 0...UInt64(Int64.max)),
                replace: try arguments.query.flag("replace"),
                dryRun: try arguments.query.flag("dry_run"))
            try arguments.finish()
            guard !arguments.text.isEmpty else {
                throw .invalid(
                    "the body is empty", remedy: "send a zone file; removing a zone is a verb")
            }
            return try json(await service.importZone(request, text: arguments.text))
        },
        Route(.action, "/v1/static-zones/add") { arguments, service throws(ControlError) in
            let request = ZoneAddRequest(
                zone: try arguments.body.requiredDomainName("zone"),
                primary: try arguments.body.domainName("primary"),
                contact: try arguments.body.domainName("contact"),
                replace: try arguments.body.flag("replace"),
                dryRun: try arguments.body.flag("dry_run"))
            try arguments.finish()
            return try json(await service.addZone(request))
        },
        Route(.action, "/v1/static-zones/remove") { arguments, service throws(ControlError) in
            let request = ZoneRemoveRequest(
                zone: try arguments.body.requiredDomainName("zone"),
                withRecords: try arguments.body.flag("with_records"),
                dryRun: try arguments.body.flag("dry_run"))
            try arguments.finish()
            return try json(await service.removeZone(request))
        },
    ]
}

extension RequestFields {
    fileprivate mutating func recordAddition() throws(ControlError) -> RecordAddRequest {
        let name = try requiredText("name", maximumOctets: Self.maximumNameOctets)
        guard let type = try recordType("type") else { throw Self.missing("type") }
        let data = try words("data")
        guard !data.isEmpty else { throw Self.missing("data") }
        let ttl = try integer("ttl", in: 0...RecordAddRequest.maximumTTLSeconds)
        return RecordAddRequest(
            name: name, type: type, data: data, zone: try domainName("zone"),
            ttl: ttl.map { UInt32(clamping: $0) },
            comment: try phrase(
                "comment", maximumOctets: RecordAddRequest.maximumCommentOctets),
            ifAbsent: try flag("if_absent"),
            version: try integer("version", in: 0...UInt64(Int64.max)),
            replace: try flag("replace"), dryRun: try flag("dry_run"))
    }

    fileprivate mutating func recordRemoval() throws(ControlError) -> RecordRemoveRequest {
        let name = try requiredText("name", maximumOctets: Self.maximumNameOctets)
        let type = try recordType("type")
        let data = try words("data")
        return RecordRemoveRequest(
            name: name, type: type, data: data, zone: try domainName("zone"),
            version: try integer("version", in: 0...UInt64(Int64.max)),
            dryRun: try flag("dry_run"))
    }

    private mutating func words(_ name: String) throws(ControlError) -> [String] {
        try phrases(
            name, maximumCount: RecordAddRequest.maximumWords,
            maximumOctets: RecordAddRequest.maximumWordOctets)
    }
}
