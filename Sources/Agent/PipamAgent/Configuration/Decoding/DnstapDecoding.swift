/// `[nameserver.dnstap]`.
extension ConfigurationDecoder {
    /// `nil` if there is none, or what there is was reported.
    mutating func decodeDnstap(_ section: ConfigurationSection) -> Configuration.Dnstap? {
        guard section.line != nil else { return nil }
        guard section.has("socket") else {
            report(section, "socket", "missing; name the reader's socket, or remove the section")
            return nil
        }
        guard let path = absolutePath(section, "socket") else { return nil }
        let limit = Configuration.Dnstap.maximumPathOctets
        guard path.utf8.count <= limit else {
            report(
                section, "socket",
                "found \(path.utf8.count) octets, wanted at most \(limit), as for any socket")
            return nil
        }
        var dnstap = Configuration.Dnstap(socket: path)
        dnstap.sampleInterval = section.integer("sample") ?? dnstap.sampleInterval
        dnstap.messages = messages(section) ?? dnstap.messages
        return dnstap
    }

    private mutating func messages(
        _ section: ConfigurationSection
    ) -> Set<Configuration.Dnstap.Message>? {
        guard let elements = section.elements("messages") else { return nil }
        var messages: Set<Configuration.Dnstap.Message> = []
        for element in elements {
            guard let text = element.text else { continue }
            guard let message = Configuration.Dnstap.Message(rawValue: text) else {
                report(
                    section, "messages", line: element.line,
                    "found \"\(text)\", wanted \"query\" or \"response\"")
                continue
            }
            messages.insert(message)
        }
        if elements.isEmpty {
            report(section, "messages", "found an empty list; remove it, or all of the section")
        }
        return messages
    }
}
