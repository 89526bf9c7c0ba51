import Control
import Inventory
import Zones

extension AgentControl {
    /// How it stands with signed zones: the same on every node, but for what was counted since its
    /// agent started.
    func signingMetrics(_ outlook: SigningOutlook) -> [MetricFamily] {
        let made = office.board.signaturesPublished.sorted { $0.key < $1.key }
        return [
            .gauge(
                "pipam_signed_zones", "Zones that are served signed.",
                Double(outlook.zones.count(where: \.isServed))),
            Self.family(
                "pipam_zone_signatures", "Signatures that a zone has.", outlook.zones
            ) { Double($0.signatures) },
            Self.family(
                "pipam_zone_unsigned_sets", "Record sets that changed and are not signed yet.",
                outlook.zones
            ) { Double($0.waiting) },
            Self.family(
                "pipam_zone_signature_expiry_timestamp_seconds",
                "When the first signature of a zone ends, to the hour, in seconds since 1970.",
                outlook.zones
            ) { $0.expiresSeconds.map { Double($0) } },
            Self.family(
                "pipam_zone_key_rollover",
                "1 while a key of a zone is replaced, 2 while that waits for the parent zone.",
                outlook.zones
            ) { $0.parentTag != nil ? 2 : $0.isChangingKeys ? 1 : 0 },
            Self.keyFamily(outlook.zones),
            MetricFamily(
                "pipam_zone_signatures_made_total",
                help: "Signatures that were made of a zone, on whichever host, since the start.",
                kind: .counter,
                samples: made.map {
                    .init(Double($0.value), labels: [.init("zone", "\($0.key)")])
                }),
        ]
    }

    /// How this node's zones compare with those of the others.
    func comparisonMetrics() -> [MetricFamily] {
        let standings = comparison.current.values
        return [
            .gauge(
                "pipam_zones_confirmed",
                "Zones that most voters had as this host has them when they were asked last.",
                Double(comparison.confirmed)),
            .gauge(
                "pipam_zones_withheld",
                "Zones kept from secondaries here, since most voters have something else.",
                Double(standings.count { $0.withheldSerial != nil })),
            .gauge(
                "pipam_zones_disputed",
                "Zones that differ between hosts without a majority for either.",
                Double(standings.count { $0.disputedSerial != nil })),
        ]
    }

    private static func family(
        _ name: String, _ help: String, _ zones: [SigningOutlook.Zone],
        _ value: (SigningOutlook.Zone) -> Double?
    ) -> MetricFamily {
        MetricFamily(
            name, help: help, kind: .gauge,
            samples: zones.compactMap { zone in
                value(zone).map { .init($0, labels: [.init("zone", "\(zone.apex)")]) }
            })
    }

    private static func keyFamily(_ zones: [SigningOutlook.Zone]) -> MetricFamily {
        MetricFamily(
            "pipam_zone_keys", help: "Keys of a zone.", kind: .gauge,
            samples: zones.flatMap { zone in
                zone.keys.map { SigningKeyItem($0, of: zone.apex) }.map { key in
                    .init(
                        1,
                        labels: [
                            .init("zone", "\(zone.apex)"), .init("tag", "\(key.tag)"),
                            .init("role", key.role.rawValue),
                            .init("algorithm", key.algorithm.rawValue),
                            .init("stage", key.stage.rawValue),
                        ])
                }
            })
    }
}
