import PipamAgent
import Testing

/// No message quotes what is or may be a secret, in whatever way it was written down wrongly.
@Suite struct SecrecyTests {
    private func message(_ text: String, _ format: DocumentFormat) -> String {
        do {
            let loaded = try ConfigurationFile.decode(
                Array(text.utf8), format: format, path: "c")
            return loaded.warnings.map(\.description).joined()
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        ("proxmox.token_uuid=SECRETabc-12", "proxmox.token_uuid: found neither true nor false"),
        ("proxmox.token_uuid=12SECRET", "proxmox.token_uuid: found neither true nor false"),
        ("proxmox.token_uuid=\"\\uSECRET\"", "a \\u without a character"),
        ("proxmox.token_uuid=\"SECRET", "a string does not end"),
        ("proxmox.token_uuid=[\"SECRET\"]", "proxmox.token_uuid: found another kind of value"),
        ("proxmox.token_uuid={SECRET=1}", "proxmox.token_uuid: found another kind of value"),
        ("proxmox=\"SECRET\"", "proxmox: found a text, wanted a table"),
        ("dns.powerdns.api_key=SECRET", "dns.powerdns.api_key: found neither"),
        ("dns.powerdns=\"SECRET\"", "dns.powerdns: found a text, wanted a table"),
        ("dns.powerdns.api_key=[\"SECRET\"]", "dns.powerdns.api_key: found another kind of value"),
        ("dns.powerdns.api_key=\"SECRET SECRET\"", "dns.powerdns.api_key: the secret here is"),
        ("dns.powerdns.api_key_file=\"SECRET\"", "a secret itself stands as api_key"),
        ("dns.powerdns.api_kye=\"SECRET\"", "dns.powerdns.api_kye: unknown key"),
        ("dns.powerdns.url=\"http://pdns?key=SECRET\"", "dns.powerdns.url: found a URL with a"),
        ("proxmox.token_uuid_file=\"SECRET\"", "a secret itself stands as token_uuid"),
        ("proxmox.token_id=\"a@pve!t=SECRET\"", "stands behind the '=', the secret, as token_uuid"),
        ("proxmox.token_id=\"PVEAPIToken=a@pve!t=SECRET\"", "proxmox.token_id: has a '=' in it"),
        ("proxmox.token_id=\"a@pve!t:SECRET\"", "proxmox.token_id: is no token"),
        (
            "proxmox={token_id=\"t\", user=\"a=SECRET\", realm=\"pve\"}",
            "proxmox.token_id: is no token"
        ),
        (
            "proxmox={token_id=\"a@pve!SECRET\", user=\"b\"}",
            "proxmox.token_id: is of another user"
        ),
        ("proxmox.url=\"https://root:SECRET@pve:8006\"", "proxmox.url: found a URL with a user"),
        ("proxmox.url=[\"https://pve?token=SECRET\"]", "proxmox.url: found a URL with a user"),
        ("dns.powerdns.url=\"http://a:SECRET@pdns\"", "dns.powerdns.url: found a URL with a user"),
    ])
    func inTOML(text: String, expected: String) {
        let found = message(text, .toml)
        #expect(!found.contains("SECR"), "\(found)")
        #expect(found.contains(expected), "\(found)")
    }

    @Test(arguments: ["*SECRET", "!SECRET", "[SECRET]", "{SECRET: 1}", "\"SECRET", "a: SECRET"])
    func inYAML(value: String) {
        let found = message("proxmox:\n  token_uuid: \(value)\n", .yaml)
        #expect(!found.contains("SECRET") && found.contains("c:"), "\(found)")
    }

    @Test(arguments: ["98765", "\"98765\"", "{\"a\": 98765}"])
    func inJSON(value: String) {
        let found = message("{\"proxmox\": {\"token_uuid\": [\(value)]}}", .json)
        #expect(!found.contains("98765"), "\(found)")
        #expect(found.contains("proxmox.token_uuid: found another kind of value"))
    }
}
