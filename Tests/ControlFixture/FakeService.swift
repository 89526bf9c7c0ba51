package import Control
package import Synchronization

/// An agent with one guest, one zone and one provider, that does what it is told at once.
package final class FakeService: ControlService {
    /// What it does not answer as an agent in good health would.
    package struct Faults: Sendable {
        /// `GET /v1/health` finds something.
        package var isAiling = false
        /// The status and the applying of settings take so long.
        package var delay: Duration = .zero
        /// The other two members are gone.
        package var isCutOff = false
        /// Nobody knows whether claims were agreed.
        package var isSilent = false
        /// The cluster's settings are newer than those that this host's file was read against.
        package var isFileOutdated = false

        /// None.
        package init() {}
    }

    package let events: EventBuffer
    let faults: Faults
    /// How often it was told to catch up.
    package let catchUps = Mutex(0)
    /// How often that was for another member.
    package let forwardedCatchUps = Mutex(0)
    /// What it was told to join by.
    package let joins = Mutex<[ClusterJoinRequest]>([])
    private let isPaused = Mutex(false)
    let time: UInt64 = 1_763_800_000

    /// Holds two events.
    package init(faults: Faults = Faults(), limits: EventBuffer.Limits = .init()) {
        self.faults = faults
        events = EventBuffer(limits)
        events.append(.init(time: time, kind: .command, message: "guest seen", guest: 101))
        events.append(
            .init(
                time: time + 1, kind: .problem, message: "no answer", remedy: "start it",
                provider: "powerdns", zone: "example.com."))
    }

    package func status() async throws(ControlError) -> StatusAnswer {
        try await pause()
        return StatusAnswer(
            version: "1.2.3", host: "pve1", cluster: "00112233445566778899aabbccddeeff",
            stateIndex: 42, time: time, uptimeSeconds: 93_784,
            isPublishingPaused: isPaused.withLock { $0 },
            sources: [.init(name: "proxmox", state: .working, lastSuccessAt: time - 3)],
            nameServer: .init(endpoints: ["10.0.0.1:53", "[2001:db8::1]:53"], zones: 1),
            providers: [provider], problems: [problem])
    }

    /// Takes as long as it was told to.
    func pause() async throws(ControlError) {
        do {
            try await Task.sleep(for: faults.delay)
        } catch {
            throw .unavailable("cancelled", remedy: "")
        }
    }

    package func health() async throws(ControlError) -> HealthAnswer {
        HealthAnswer(
            isHealthy: !faults.isAiling,
            checks: [
                .init(name: "source proxmox", isHealthy: true, message: "read 3 s ago"),
                .init(
                    name: "provider powerdns", isHealthy: !faults.isAiling,
                    message: faults.isAiling ? "does not answer" : "in step",
                    remedy: faults.isAiling ? "start it" : nil),
            ])
    }

    package func guests() async throws(ControlError) -> GuestListAnswer {
        GuestListAnswer(
            index: 42,
            guests: [
                .init(
                    vmid: 101, type: "qemu", node: "pve1", status: "running", name: "web1",
                    isGone: false, names: ["web1.example.com.", "www.example.com."],
                    addresses: ["10.0.0.1"], unpublished: 1),
                .init(
                    vmid: 102, type: "lxc", node: "pve2", status: "stopped", name: "a\n\u{1B}[2J",
                    isGone: false, unpublished: 0),
                .init(
                    vmid: 103, type: "lxc", node: "pve2", status: "stopped", name: "twin",
                    isGone: true, unpublished: 0),
                .init(
                    vmid: 104, type: "lxc", node: "pve2", status: "stopped", name: "twin",
                    isGone: false, unpublished: 0),
            ])
    }

    package func guest(_ vmid: UInt32) async throws(ControlError) -> GuestAnswer {
        guard vmid == 101 else {
            throw .notFound("there is no guest \(vmid)", remedy: "see GET /v1/guests")
        }
        return SampleGuest.web1(time: time)
    }

    package func zones() async throws(ControlError) -> ZoneListAnswer {
        ZoneListAnswer(
            index: 42,
            zones: [
                .init(
                    name: "example.com.", serial: 2_025_112_201, records: 3, isReverse: false,
                    providers: [.init(provider: "powerdns", state: .behind)])
            ])
    }

    package func zone(_ name: String) async throws(ControlError) -> ZoneAnswer {
        try requireZone(name)
        return ZoneAnswer(index: 42, name: name, serial: 2_025_112_201, records: records)
    }

    package func zoneFile(_ name: String) async throws(ControlError) -> String {
        try requireZone(name)
        return "\(name)\t10\tIN\tSOA\tpve1.\(name) hostmaster.\(name) 1 300 60 1209600 10\n"
    }

    package func records(_ query: RecordQuery) async throws(ControlError) -> RecordListAnswer {
        if let zone = query.zone { try requireZone(zone) }
        return RecordListAnswer(
            index: 42,
            records: records.filter { record in
                (query.name ?? record.name) == record.name
                    && (query.type ?? record.type) == record.type
            })
    }

    package func plan(_ query: PlanQuery) async throws(ControlError) -> PlanAnswer {
        let isForSettings = query.provider == PlanQuery.settingsProvider
        return PlanAnswer(
            plans: [SamplePlan.example].filter { plan in
                (query.provider ?? plan.provider) == plan.provider
                    && (query.zone ?? plan.zone) == plan.zone
            }, settings: isForSettings ? SampleCluster.held(time: time) : nil)
    }

    package func apply(_ request: ApplyRequest) async throws(ControlError) -> ApplyAnswer {
        guard request.provider != PlanQuery.settingsProvider else {
            return ApplyAnswer(settings: AppliedSettings(version: 6, names: 3))
        }
        return ApplyAnswer(zones: [
            .init(
                provider: request.provider ?? "powerdns", zone: request.zone ?? "example.com.",
                isNewlyApproved: true, done: 3, left: request.force ? 0 : 1,
                problem: request.force ? nil : "the brake holds 1 step back",
                remedy: request.force ? nil : "look at it, and use --force")
        ])
    }

    package func adopt(_ request: AdoptRequest) async throws(ControlError) -> AdoptAnswer {
        guard request.zone != "busy.example." else {
            throw .conflict("\(request.zone) is being written", remedy: "try again")
        }
        try requireZone(request.zone)
        let adopted = EntryItem(
            provider: "powerdns", zone: request.zone, name: "web1.example.com.", type: "A",
            data: ["10.0.0.1"])
        return AdoptAnswer(zone: request.zone, isDryRun: request.dryRun, adopted: [adopted])
    }

    package func conflicts() async throws(ControlError) -> ConflictListAnswer {
        ConflictListAnswer(conflicts: SamplePlan.example.conflicts)
    }

    package func collect() async throws(ControlError) -> CollectAnswer {
        CollectAnswer(
            guests: 4, changedGuests: 1,
            problems: [
                .init(about: "node pve2", message: "it does not answer", remedy: "start it")
            ])
    }

    package func setPublishing(isPaused: Bool) async throws(ControlError) -> PublishingAnswer {
        self.isPaused.withLock { $0 = isPaused }
        return PublishingAnswer(isPaused: isPaused)
    }

    package func reconcile(
        _ request: ReconcileRequest
    ) async throws(ControlError) -> ReconcileAnswer {
        ReconcileAnswer(isDryRun: request.dryRun, plans: [SamplePlan.example])
    }

    package func clean(_ request: CleanRequest) async throws(ControlError) -> CleanAnswer {
        CleanAnswer(isDryRun: request.dryRun, isPaused: !request.dryRun)
    }

    package func metrics() async -> [MetricFamily] {
        [
            MetricFamily(
                "pipam_guests", help: "Guests by what they are.", kind: .gauge,
                samples: [
                    .init(3, labels: [.init("type", "qemu")]),
                    .init(1.5, labels: [.init("type", "a\"b\\c\nd")]),
                ]),
            MetricFamily(
                "pipam_commands_total", help: "Commands applied \\ since\nthe start.",
                kind: .counter, samples: [.init(42)]),
            MetricFamily(
                "pipam_plan_duration_seconds", help: "How long a plan takes.", kind: .histogram,
                samples: [
                    .init(2, labels: [.init("le", "0.1")], suffix: "_bucket"),
                    .init(3, labels: [.init("le", "+Inf")], suffix: "_bucket"),
                    .init(0.25, suffix: "_sum"), .init(3, suffix: "_count"),
                ]),
        ]
    }

    // MARK: Samples

    private func requireZone(_ name: String) throws(ControlError) {
        guard name == "example.com." else {
            throw .notFound("\(name) is no zone of ours", remedy: "see GET /v1/zones")
        }
    }

    private var records: [RecordItem] {
        [
            RecordItem(
                zone: "example.com.", name: "example.com.", type: "NS", ttl: 3600,
                data: "pve1.example.com."),
            RecordItem(
                zone: "example.com.", name: "web1.example.com.", type: "A", ttl: 60,
                data: "10.0.0.1", guest: 101,
                providers: [.init(provider: "powerdns", state: .inStep)]),
        ]
    }

    private var problem: ReportedProblem {
        ReportedProblem(
            about: "powerdns example.com.", message: "its first plan waits for approval",
            remedy: "look at pipamctl plan show, then pipamctl plan apply")
    }

    private var provider: StatusAnswer.Provider {
        .init(
            name: "powerdns", server: "PowerDNS 4.7.3", state: .awaitingApproval, owedEntries: 3,
            conflicts: 1, lastSuccessAt: time - 90, nextAttemptAt: time + 30,
            zones: [
                .init(
                    name: "example.com.", isApproved: false, entries: 0, heldSteps: 1,
                    warnings: ["secondaries are not told; set master=yes there"])
            ])
    }
}
