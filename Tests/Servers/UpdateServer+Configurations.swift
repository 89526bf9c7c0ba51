extension UpdateServer {
    /// Writes what it is started with.
    func configure() throws {
        switch kind {
        case .bind: try write("conf", bind)
        case .knot: try write("conf", knot)
        case .nsd: try write("conf", nsd)
        case .powerdns: try configurePowerDNS()
        }
    }

    // MARK: BIND

    private var bind: String {
        """
        options {
            directory "\(path)";
            listen-on port \(port) { 127.0.0.1; };
            listen-on-v6 { none; };
            pid-file "\(path)/pid";
            session-keyfile "\(path)/session";
            managed-keys-directory "\(path)";
            key-directory "\(path)";
            recursion no;
            check-names primary ignore;
            dnssec-validation no;
            notify no;
            provide-ixfr \(options.sendsChanges ? "yes" : "no");
            allow-transfer { \(options.transfers ? "key \"\(SharedKey.name)\"" : "none"); };
        };
        controls { };
        key "\(SharedKey.name)" { algorithm hmac-sha256; secret "\(SharedKey.secret)"; };
        \(HandMade.zones.map(bindZone).joined(separator: "\n"))

        """
    }

    private func bindZone(_ zone: String) -> String {
        let rights: String
        if let guarded = options.guarded {
            rights = """
                update-policy {
                        deny "\(SharedKey.name)" name \(guarded) ANY;
                        grant "\(SharedKey.name)" zonesub ANY;
                    }
                """
        } else {
            rights =
                "allow-update { \(options.updates ? "key \"\(SharedKey.name)\"" : "none"); }"
        }
        guard !options.isSecondary else {
            return """
                zone "\(zone)" {
                    type secondary;
                    primaries { 127.0.0.1 port 1; };
                    file "\(zone)zone";
                    masterfile-format text;
                };
                """
        }
        return """
            zone "\(zone)" {
                type primary;
                file "\(zone)zone";
                \(rights);
                \(options.isSigned ? "dnssec-policy default; inline-signing yes;" : "")
            };
            """
    }

    // MARK: Knot

    private var knot: String {
        let actions = [options.transfers ? "transfer" : nil, options.updates ? "update" : nil]
        let allowed = actions.compactMap(\.self).joined(separator: ", ")
        let rules = """
            acl:
              - id: ours
                address: 127.0.0.1
                key: \(SharedKey.name)
                action: [ \(allowed) ]
            """
        return """
            server:
                listen: 127.0.0.1@\(port)
                rundir: \(path)
            database:
                storage: \(path)/db
            log:
              - target: stderr
                any: info
            key:
              - id: \(SharedKey.name)
                algorithm: hmac-sha256
                secret: \(SharedKey.secret)
            \(allowed.isEmpty ? "" : rules)
            template:
              - id: default
                storage: \(path)
                \(allowed.isEmpty ? "" : "acl: ours")
                dnssec-signing: \(options.isSigned ? "on" : "off")
                provide-ixfr: \(options.sendsChanges ? "on" : "off")
            zone:
            \(HandMade.zones.map { "  - domain: \($0)\n    file: \($0)zone" }
                .joined(separator: "\n"))

            """
    }

    // MARK: NSD

    private var nsd: String {
        let zones = HandMade.zones.map { zone in
            """
            zone:
                name: "\(zone)"
                zonefile: "\(zone)zone"
                provide-xfr: 127.0.0.1 \(SharedKey.name)
            """
        }
        return """
            server:
                ip-address: 127.0.0.1@\(port)
                username: ""
                chroot: ""
                zonesdir: "\(path)"
                database: ""
                pidfile: "\(path)/pid"
                xfrdfile: "\(path)/xfrd"
                zonelistfile: "\(path)/zones"
                xfrdir: "\(path)"
                server-count: 1
            remote-control:
                control-enable: no
            key:
                name: "\(SharedKey.name)"
                algorithm: hmac-sha256
                secret: "\(SharedKey.secret)"
            \(zones.joined(separator: "\n"))

            """
    }

    // MARK: PowerDNS

    private func configurePowerDNS() throws {
        let database = "\(path)/pdns.sqlite3"
        try write(
            "pdns.conf",
            """
            launch=gsqlite3
            gsqlite3-database=\(database)
            gsqlite3-dnssec=yes
            gsqlite3-pragma-synchronous=0
            local-address=127.0.0.1
            local-port=\(port)
            primary=yes
            dnsupdate=yes
            allow-dnsupdate-from=127.0.0.0/8
            allow-axfr-ips=192.0.2.254
            dname-processing=yes
            daemon=no
            guardian=no
            socket-dir=\(path)
            cache-ttl=0
            query-cache-ttl=0
            negquery-cache-ttl=0
            zone-cache-refresh-interval=0
            loglevel=6

            """)
        let schema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
        let outcome = try Command.outcome("sqlite3", [database, ".read \(schema)"])
        try Self.check(outcome.status == 0, "\(outcome)")
        try pdnsutil(["import-tsig-key", SharedKey.name, "hmac-sha256", SharedKey.secret])
        for zone in HandMade.zones {
            try pdnsutil(["load-zone", zone, "\(path)/\(zone)zone"])
            try pdnsutil(["set-meta", zone, "SOA-EDIT-DNSUPDATE", "INCREASE"])
            if options.isSigned { try pdnsutil(["secure-zone", zone]) }
            // Unsigned transfers are for nobody.
            try pdnsutil(["set-meta", zone, "ALLOW-AXFR-FROM", "192.0.2.254"])
            if options.transfers {
                try pdnsutil(["set-meta", zone, "TSIG-ALLOW-AXFR", SharedKey.name])
            }
            if options.updates {
                try pdnsutil(["set-meta", zone, "TSIG-ALLOW-DNSUPDATE", SharedKey.name])
            } else {
                try pdnsutil(["set-meta", zone, "TSIG-ALLOW-DNSUPDATE", "other.example"])
            }
        }
    }
}
