import HTTPClient

/// What Proxmox's HTTP answers mean.
enum Answer {
    /// The value of `data`, or the error that the answer is. `token` is the id, for the message.
    static func read(
        _ response: HTTPResponse, to call: Call, token: String
    ) -> Result<JSONValue, ProxmoxError> {
        if response.isSuccess { return data(response, call) }
        let message = message(response)
        switch (response.status, call.node) {
        case (401, _):
            return .failure(.tokenRefused(token: token))
        case (403, _):
            return .failure(.forbidden(call: call.path, message: message))
        case (595...599, let node?):
            // pveproxy's codes for a node that it could not reach or that was too slow.
            let text = "\(response.status) \(message)".trimmed
            return .failure(.nodeUnreachable(node: node, message: text))
        case (500, _) where isMissing(message, call):
            return .failure(.missing(call: call.path, message: message))
        default:
            return .failure(
                .refused(call: call.path, status: response.status, message: message))
        }
    }

    private static func data(
        _ response: HTTPResponse, _ call: Call
    ) -> Result<JSONValue, ProxmoxError> {
        do {
            let document = try JSONValue(parsing: response.body)
            guard let data = document.members?["data"] else {
                return .failure(.malformed(call: call.path, reason: "no data in it"))
            }
            return .success(data)
        } catch {
            return .failure(.malformed(call: call.path, reason: "\(error)"))
        }
    }

    /// The text of an error: in the body, else in the status line, where Proxmox VE 8 puts it.
    private static func message(_ response: HTTPResponse) -> String {
        var texts: [String] = []
        if let body = try? JSONValue(parsing: response.body) {
            texts = [body["message"]?.text ?? ""]
            for (name, text) in (body["errors"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
                texts.append("\(name): \(text.text ?? "")")
            }
        }
        let text = texts.map(\.oneLine).filter { !$0.isEmpty }.joined(separator: "; ")
        return text.isEmpty ? response.reason.oneLine : text.oneLine
    }

    /// "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist": only this wording
    /// about this very guest is proof that it has no configuration there.
    private static func isMissing(_ message: String, _ call: Call) -> Bool {
        guard let guest = call.guest, let node = call.node else { return false }
        return message.hasPrefix("Configuration file 'nodes/\(node)/")
            && message.contains("/\(guest).conf' does not exist")
    }
}
