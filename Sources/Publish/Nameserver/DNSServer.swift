import NIOCore

/// The name server: listens on its endpoints over UDP and TCP, on others over TLS, and answers from
/// the zones of a store until its task is cancelled.
package final class DNSServer: Sendable {
    /// How often a port is chosen anew when the kernel's choice for TCP is taken for UDP.
    private static let maximumPortChoices = 16

    private let settings: NameserverSettings
    private let store: ZoneStore
    private let identity: ServedIdentity
    private let onListening: @Sendable ([Endpoint]) -> Void
    private let datagramCounters: [AnswerCounters]
    private let doors: StreamDoors
    private let office: TransferOffice
    private let hub: DnstapHub?

    /// `onListening` is called once, when all endpoints are bound and answers are given, with the
    /// endpoints in the order of the settings, those for TLS last, and the ports that the kernel
    /// chose.
    ///
    /// - `identity`: what is shown over TLS. While it is empty, connections there are closed.
    package init(
        settings: NameserverSettings, store: ZoneStore,
        identity: ServedIdentity = ServedIdentity(),
        onListening: @escaping @Sendable ([Endpoint]) -> Void = { _ in }
    ) {
        self.settings = settings
        self.store = store
        self.identity = identity
        self.onListening = onListening
        office = TransferOffice(settings.transfer)
        doors = StreamDoors(settings)
        hub = settings.dnstap.map { DnstapHub($0) }
        let workers = settings.endpoints.count * max(1, settings.workersPerEndpoint)
        datagramCounters = (0..<workers).map { _ in AnswerCounters() }
    }

    /// What was answered so far, over all workers.
    package var statistics: AnswerStatistics {
        var sum = AnswerStatistics()
        let numbers = store.snapshot.numbers
        for counters in allCounters { sum.add(counters, numbers: numbers) }
        return sum
    }

    /// What was answered and who was connected, by transport; those that are spoken.
    package var transports: [Transport: TransportStatistics] {
        var all = [Transport.udp: TransportStatistics(datagramCounters, nil)]
        all[.tcp] = TransportStatistics([doors.plain.counters], doors.plain.limits.statistics)
        if let door = doors.secure {
            all[.tls] = TransportStatistics([door.counters], door.limits.statistics)
        }
        return all
    }

    /// Queries that were taken for the log since the last call. One caller at a time.
    package func takeSamples() -> [QuerySample] {
        allCounters.flatMap { $0.takeSamples() }
    }

    private var allCounters: [AnswerCounters] {
        datagramCounters + [doors.plain.counters] + (doors.secure.map { [$0.counters] } ?? [])
    }

    /// What became of requests for transfers, and of notices.
    package var transfers: [TransferEvent: UInt64] { office.statistics }

    /// The same with how many there are now, and what each secondary has heard.
    package var transferStatistics: TransferStatistics {
        TransferStatistics(
            events: office.statistics, underWay: office.underWay,
            secondaries: office.secondaries)
    }

    /// Transfers that came to an end, or were refused, since the last call; a bounded number of
    /// them. One caller at a time.
    package func takeTransferNotes() -> [TransferNote] { office.takeNotes() }

    /// What became of dnstap; `nil` where it is off.
    package var dnstap: DnstapStatistics? { hub?.statistics }

    /// How many transfers there are now.
    package var transfersUnderWay: Int { office.underWay }

    /// Binds every endpoint, then serves until the task is cancelled, then closes all sockets and
    /// returns. Throws if an endpoint cannot be bound, in which case none stays bound, or if a
    /// worker fails later.
    package func run() async throws(NameserverError) {
        try settings.check()
        var dnstap: DnstapService?
        if let hub { dnstap = try DnstapService(hub, answers: settings.answers) }
        // After all workers, which put into its rings.
        defer { dnstap?.stop() }
        let streams = try await StreamService(
            settings: settings, store: store, doors: doors, office: office,
            identity: identity, dnstap: dnstap)
        do throws(NameserverError) {
            try await serve(streams, dnstap)
        } catch {
            await streams.stop()
            throw error
        }
        await streams.stop()
    }

    private func serve(
        _ streams: StreamService, _ dnstap: DnstapService?
    ) async throws(NameserverError) {
        var bound: [Bound] = []
        for endpoint in settings.endpoints { bound.append(try await bind(endpoint, streams)) }
        for endpoint in settings.tls?.endpoints ?? [] {
            let listener = try await streams.bind(endpoint, over: .tls)
            bound.append(Bound(listener: listener, sockets: []))
        }
        let (failures, report) = AsyncStream.makeStream(
            of: NameserverError.self, bufferingPolicy: .bufferingOldest(1))
        let datagrams = try DatagramService(
            sockets: bound.flatMap(\.sockets), settings: settings, store: store,
            counters: datagramCounters, office: office, dnstap: dnstap,
            reportFailure: { report.yield($0) })
        defer { datagrams.stop() }
        for endpoint in bound { try await endpoint.listener.accept() }
        let notifier = try await NotifyService(
            settings: settings, store: store, office: office, eventLoop: streams.eventLoop)
        defer { notifier.stop() }
        onListening(bound.map(\.listener.endpoint))
        // Ends with the task's cancellation, or with the first failure.
        for await failure in failures { throw failure }
    }

    /// One endpoint's sockets.
    private struct Bound {
        let listener: Listener
        let sockets: [DatagramSocket]
    }

    /// TCP first: without SO_REUSEPORT it notices another name server on the same endpoint, which
    /// shared UDP sockets would not.
    private func bind(
        _ endpoint: Endpoint, _ streams: StreamService
    ) async throws(NameserverError) -> Bound {
        var choices = 1
        while true {
            let listener = try await streams.bind(endpoint, over: .tcp)
            do throws(NameserverError) {
                return Bound(listener: listener, sockets: try sockets(for: listener.endpoint))
            } catch {
                await listener.close()
                guard endpoint.port == 0, case .endpointInUse = error,
                    choices < Self.maximumPortChoices
                else { throw error }
                choices += 1
            }
        }
    }

    private func sockets(for endpoint: Endpoint) throws(NameserverError) -> [DatagramSocket] {
        var sockets: [DatagramSocket] = []
        for _ in 0..<max(1, settings.workersPerEndpoint) {
            sockets.append(
                try DatagramSocket(
                    endpoint, isShared: settings.workersPerEndpoint > 1,
                    bufferOctets: settings.socketBufferOctets))
        }
        return sockets
    }
}
