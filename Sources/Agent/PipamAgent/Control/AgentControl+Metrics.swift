import Control
import ClusterState
import DNSWire
import Nameserver
import Planning
import Zones

extension AgentControl {
    func metrics() async -> [MetricFamily] {
        let board = board.current
        let view = await keeper.read { StateView($0, board.providers) }
        let now = WallClock.nowSeconds()
        let outlook = await keeper.read { SigningOutlook($0, nowSeconds: now) }
        return agentMetrics(board, view) + sourceMetrics(board) + providerMetrics(board, view)
            + (statistics().map(Self.answerMetrics) ?? [])
            + (transfers().map(Self.transferMetrics) ?? [])
            + (transports().map(Self.transportMetrics) ?? [])
            + (dnstap().map(Self.dnstapMetrics) ?? []) + Self.certificateMetrics(board)
            + signingMetrics(outlook) + comparisonMetrics()
    }

    private func agentMetrics(
        _ board: StatusBoard.Values, _ view: StateView
    ) -> [MetricFamily] {
        [
            MetricFamily(
                "pipam_build_info", help: "The version that runs.", kind: .gauge,
                samples: [.init(1, labels: [.init("version", PipamVersion.text)])]),
            .gauge(
                "pipam_start_time_seconds", "When the agent started, in seconds since 1970.",
                Double(board.startedSeconds)),
            .gauge("pipam_state_index", "The last command applied.", Double(view.index)),
            .gauge("pipam_guests", "Guests that are known.", Double(view.guests)),
            .gauge("pipam_zones", "Zones that are served.", Double(view.zones)),
            .gauge(
                "pipam_publishing_paused", "1 while nothing is written to providers.",
                view.isPaused ? 1 : 0),
            MetricFamily(
                "pipam_zone_held_sets", help: "Record sets that the brake holds back in our zones.",
                kind: .gauge,
                samples: view.braked.map {
                    .init(Double($0.count), labels: [.init("zone", $0.zone)])
                }
            ),
        ]
    }

    private func sourceMetrics(_ board: StatusBoard.Values) -> [MetricFamily] {
        let source = board.source
        return [
            MetricFamily(
                "pipam_collections_total", help: "Collections from Proxmox, by outcome.",
                kind: .counter,
                samples: [
                    .init(Double(source.collections), labels: [.init("outcome", "success")]),
                    .init(Double(source.failures), labels: [.init("outcome", "failure")]),
                ]),
            .gauge(
                "pipam_collection_last_success_timestamp_seconds",
                "When a collection last came to its end; 0 if never.",
                Double(source.lastSuccessSeconds ?? 0)),
            .gauge(
                "pipam_collection_problems", "What the last full collection could not see.",
                Double(source.problems.count + source.gaps.count)),
        ]
    }

    private func providerMetrics(
        _ board: StatusBoard.Values, _ view: StateView
    ) -> [MetricFamily] {
        let providers = board.providers.values.sorted { $0.name < $1.name }
        let family = {
            (
                name: String, help: String, kind: MetricFamily.Kind,
                value: (ProviderStanding) -> Double
            )
            in
            MetricFamily(
                name, help: help, kind: kind,
                samples: providers.map { .init(value($0), labels: [.init("provider", $0.name)]) })
        }
        return [
            family("pipam_provider_up", "1 if the provider answered last.", .gauge) {
                $0.failure == nil && $0.lastSuccessSeconds != nil ? 1 : 0
            },
            family("pipam_provider_owed_sets", "Record sets not known to be in step.", .gauge) {
                Double(view.owed[$0.name] ?? 0)
            },
            family("pipam_provider_conflicts", "Record sets that need a person.", .gauge) {
                Double($0.count(.conflict))
            },
            family("pipam_provider_held_sets", "Record sets that the brake holds back.", .gauge) {
                Double($0.count(.held))
            },
            family(
                "pipam_provider_drifted_sets", "Differences that the last comparison found.", .gauge
            ) { Double($0.count(.drifted)) },
            family("pipam_provider_written_sets_total", "Record sets written or removed.", .counter)
            {
                Double($0.written)
            },
            family(
                "pipam_provider_last_success_timestamp_seconds",
                "When the provider was last compared or written; 0 if never.", .gauge
            ) { Double($0.lastSuccessSeconds ?? 0) },
        ]
    }

    private static func answerMetrics(_ statistics: AnswerStatistics) -> [MetricFamily] {
        [
            MetricFamily(
                "pipam_dns_responses_total", help: "DNS answers by response code.", kind: .counter,
                samples: statistics.codes.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                    .init(Double($0.value), labels: [.init("rcode", "\($0.key)")])
                }),
            MetricFamily(
                "pipam_dns_queries_total", help: "DNS queries by type.", kind: .counter,
                samples: statistics.types.sorted { $0.key < $1.key }.map {
                    .init(Double($0.value), labels: [.init("type", $0.key.metricName)])
                } + [.init(Double(statistics.otherTypes), labels: [.init("type", "other")])]),
            .counter(
                "pipam_dns_truncated_total", "DNS answers with TC set.",
                Double(statistics.truncated)),
            .counter(
                "pipam_dns_dropped_total", "DNS messages without an answer.",
                Double(statistics.dropped)),
            MetricFamily(
                "pipam_dns_zone_responses_total", help: "DNS answers by zone.", kind: .counter,
                samples: statistics.zones.sorted { $0.key < $1.key }.map {
                    .init(Double($0.value), labels: [.init("zone", "\($0.key)")])
                } + [.init(Double(statistics.otherZones), labels: [.init("zone", "other")])]),
            .counter(
                "pipam_dns_limited_total", "DNS answers that the rate limit held back.",
                Double(statistics.limited)),
            .counter(
                "pipam_dns_slipped_total", "DNS answers that the rate limit sent without records.",
                Double(statistics.slipped)),
            .counter(
                "pipam_dns_known_clients_total", "DNS queries with a good cookie.",
                Double(statistics.knownClients)),
        ]
    }
}

extension AgentControl {
    private static func transportMetrics(
        _ transports: [Transport: TransportStatistics]
    ) -> [MetricFamily] {
        let sorted = transports.sorted { $0.key.rawValue < $1.key.rawValue }
        let family = {
            (
                name: String, help: String, kind: MetricFamily.Kind,
                value: (TransportStatistics) -> Double?
            )
            in
            MetricFamily(
                name, help: help, kind: kind,
                samples: sorted.compactMap { transport, statistics in
                    value(statistics).map {
                        .init($0, labels: [.init("transport", transport.rawValue.lowercased())])
                    }
                })
        }
        return [
            family("pipam_dns_transport_responses_total", "DNS answers by transport.", .counter) {
                Double($0.answers)
            },
            family("pipam_dns_connections", "Connections of DNS clients.", .gauge) {
                $0.connections.map { Double($0.open) }
            },
            family(
                "pipam_dns_connections_total", "Connections of DNS clients so far.", .counter
            ) { $0.connections.map { Double($0.accepted) } },
            family(
                "pipam_dns_connections_refused_total",
                "Connections closed at once: there were enough, or no certificate.", .counter
            ) { $0.connections.map { Double($0.refused) } },
            .counter(
                "pipam_dns_tls_handshakes_failed_total",
                "TLS connections that ended before their handshake did.",
                Double(transports[.tls]?.connections?.failedHandshakes ?? 0)),
        ]
    }

    private static func dnstapMetrics(_ statistics: DnstapStatistics) -> [MetricFamily] {
        [
            MetricFamily(
                "pipam_dns_dnstap_messages_total", help: "Messages of dnstap by outcome.",
                kind: .counter,
                samples: [
                    .init(Double(statistics.written), labels: [.init("outcome", "written")]),
                    .init(Double(statistics.lost), labels: [.init("outcome", "lost")]),
                ]),
            .gauge(
                "pipam_dns_dnstap_read", "1 if somebody reads dnstap.",
                statistics.isRead ? 1 : 0),
        ]
    }

    private static func certificateMetrics(_ board: StatusBoard.Values) -> [MetricFamily] {
        guard let dates = board.certificate?.dates else { return [] }
        return [
            .gauge(
                "pipam_dns_tls_certificate_expiry_timestamp_seconds",
                "Until when the certificate of DNS over TLS holds, in seconds since 1970.",
                Double(dates.notAfterSeconds))
        ]
    }

    private static func transferMetrics(_ transfers: TransferStatistics) -> [MetricFamily] {
        let samples = { (label: String, names: [(TransferEvent, String)]) in
            names.map { event, name in
                MetricFamily.Sample(
                    Double(transfers.events[event] ?? 0), labels: [.init(label, name)])
            }
        }
        let serials = transfers.secondaries.flatMap { secondary in
            secondary.heard.sorted { $0.key < $1.key }.map { zone, serial in
                MetricFamily.Sample(
                    Double(serial.number),
                    labels: [
                        .init("secondary", "\(secondary.endpoint)"), .init("zone", "\(zone)"),
                    ])
            }
        }
        return [
            MetricFamily(
                "pipam_dns_transfers_total", help: "Requests for transfers by outcome.",
                kind: .counter,
                samples: samples(
                    "outcome",
                    [
                        (.wholeZone, "whole"), (.changes, "changes"), (.onlySerial, "serial"),
                        (.refused, "refused"), (.badSignature, "bad_signature"),
                    ])),
            .gauge(
                "pipam_dns_transfers_running", "Transfers that go on now.",
                Double(transfers.underWay)),
            MetricFamily(
                "pipam_dns_notices_total", help: "Notices to secondaries by outcome.",
                kind: .counter,
                samples: samples(
                    "outcome",
                    [(.notice, "sent"), (.noticeHeard, "heard"), (.noticeLost, "lost")])),
            MetricFamily(
                "pipam_dns_secondary_serial",
                help: "The last serial of a zone that a secondary said it had heard of.",
                kind: .gauge, samples: serials),
            MetricFamily(
                "pipam_dns_secondary_unheard_zones",
                help: "Zones whose changes a secondary did not answer for yet.", kind: .gauge,
                samples: transfers.secondaries.map {
                    .init(
                        Double($0.unheard.count), labels: [.init("secondary", "\($0.endpoint)")])
                }),
        ]
    }
}

extension MetricFamily {
    /// A single number that may fall.
    static func gauge(_ name: String, _ help: String, _ value: Double) -> MetricFamily {
        MetricFamily(name, help: help, kind: .gauge, samples: [.init(value)])
    }

    /// A single number that only rises.
    static func counter(
        _ name: String, _ help: String, _ value: Double
    ) -> MetricFamily {
        MetricFamily(name, help: help, kind: .counter, samples: [.init(value)])
    }
}

extension RecordType {
    /// The mnemonic; 255 is a question about all types (RFC 1035 section 3.2.3).
    fileprivate var metricName: String { rawValue == 255 ? "ANY" : description }
}
