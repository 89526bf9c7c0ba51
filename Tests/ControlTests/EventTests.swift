import Foundation
import HTTPClient
import Testing
import control_fixture

@testable import Control

/// The buffer of events, and those who follow it.
@Suite struct EventTests {
    private func draft(_ number: Int, text: String = "x") -> Event.Draft {
        Event.Draft(time: UInt64(number), kind: .write, message: text)
    }

    // MARK: The buffer

    @Test func eventsCountUpFromOne() throws {
        let buffer = EventBuffer()
        #expect(buffer.oldestIndex == 1)
        #expect(try buffer.events(from: 0, limit: 10).isEmpty)
        #expect(try buffer.events(from: 1, limit: 10).isEmpty)
        #expect(buffer.append(draft(7)) == 1)
        #expect(buffer.append(draft(8)) == 2)
        #expect(try buffer.events(from: 0, limit: 10).map(\.time) == [7, 8])
        #expect(try buffer.events(from: 2, limit: 10).map(\.index) == [2])
        #expect(try buffer.events(from: 1, limit: 1).map(\.index) == [1])
        #expect(try buffer.events(from: 3, limit: 10).isEmpty)
    }

    @Test func theOldestGoWhenThereAreTooMany() throws {
        var limits = EventBuffer.Limits()
        limits.events = 3
        let buffer = EventBuffer(limits)
        for number in 1...10 { buffer.append(draft(number)) }
        #expect(buffer.oldestIndex == 8)
        #expect(try buffer.events(from: 0, limit: 10).map(\.index) == [8, 9, 10])
        for index: UInt64 in [1, 7, 12, 1000] {
            #expect(
                throws: ControlError.gone(
                    "event \(index) is not held; the oldest is 8", remedy: "ask from 8 on",
                    oldest: 8)
            ) { try buffer.events(from: index, limit: 1) }
        }
    }

    @Test func theOldestGoWhenTheyAreTooLong() throws {
        var limits = EventBuffer.Limits()
        limits.octets = 10_000
        let buffer = EventBuffer(limits)
        for number in 1...100 {
            buffer.append(draft(number, text: String(repeating: "ä", count: 5000)))
        }
        let held = try buffer.events(from: 0, limit: 100)
        #expect((2...9).contains(held.count))
        #expect(held.last?.index == 100)
        #expect(held.allSatisfy { $0.message.utf8.count <= EventBuffer.maximumTextOctets })
        #expect(held.allSatisfy { $0.message.hasSuffix("ä...") })
    }

    @Test func whoWaitsIsWoken() async throws {
        let buffer = EventBuffer()
        async let first = buffer.nextEvents(from: 0, limit: 10)
        async let second = buffer.nextEvents(from: 1, limit: 10)
        await Task.yield()
        buffer.append(draft(1))
        #expect(try await first.map(\.index) == [1])
        #expect(try await second.map(\.index) == [1])
    }

    @Test func whoIsCancelledWaitsNoLonger() async throws {
        let buffer = EventBuffer()
        let task = Task { try await buffer.nextEvents(from: 1, limit: 10) }
        await Task.yield()
        task.cancel()
        #expect(try await task.value.isEmpty)
    }

    @Test func onlySoManyWait() async throws {
        var limits = EventBuffer.Limits()
        limits.readers = 0
        let buffer = EventBuffer(limits)
        await #expect(throws: ControlError.self) {
            try await buffer.nextEvents(from: 1, limit: 10)
        }
    }

    // MARK: Over the socket

    @Test func followersSeeWhatWasAndWhatComes() async throws {
        try await RunningServer.with { server in
            @Sendable func follow(from: UInt64, until last: UInt64) async throws -> [UInt64] {
                var indices: [UInt64] = []
                try await server.client.events(from: from, follow: true) { line in
                    if let event = try? Event(line: line) { indices.append(event.index) }
                    return indices.last.map { $0 < last } ?? true
                }
                return indices
            }
            async let first = follow(from: 0, until: 50)
            async let second = follow(from: 2, until: 50)
            for number in 3...50 {
                server.service.events.append(draft(number))
                if number % 10 == 0 { try await Task.sleep(for: .milliseconds(2)) }
            }
            #expect(try await first == Array(1...50))
            #expect(try await second == Array(2...50))
        }
    }

    @Test func aLimitEndsTheLines() async throws {
        try await RunningServer.with { server in
            let (status, _, response) = try await server.send(
                .get, "/v1/events?follow=true&limit=2")
            #expect(status == 200)
            #expect(response.header("content-type") == "application/x-ndjson")
            #expect(response.body.count { $0 == UInt8(ascii: "\n") } == 2)
        }
    }

    /// A reader that takes nothing for a while: the server stops writing, the other reader goes on,
    /// and the slow one is told which events it lost.
    @Test func aSlowFollowerIsToldWhatItLost() async throws {
        var limits = EventBuffer.Limits()
        limits.events = 100
        let service = FakeService(limits: limits)
        try await RunningServer.with(service) { server in
            let count = 20_000
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            let slow = Task {
                var seen: UInt64 = 0
                try await server.client.events(from: 1, follow: true) { line in
                    if seen == 0 { for await _ in gate { break } }
                    if let event = try? Event(line: line) { seen = event.index }
                    return true
                }
            }
            var fast = 0
            let text = String(repeating: "x", count: 1000)
            for number in 1...count {
                service.events.append(draft(number, text: text))
                if number % 50 == 0 {
                    let next = service.events.oldestIndex
                    fast += try service.events.events(from: next, limit: 50).count
                    try await Task.sleep(for: .microseconds(500))
                }
            }
            #expect(try service.events.events(from: 0, limit: count).count == 100)
            #expect(fast > 0)
            open.finish()
            do {
                try await slow.value
                Issue.record("the slow reader saw everything")
            } catch let error as ControlError {
                guard case .gone(_, _, let oldest) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(oldest > 1)
            }
        }
    }

    /// Nothing happens meanwhile that would tell the server.
    @Test func aFollowerThatLeavesGivesUpItsPlace() async throws {
        var limits = EventBuffer.Limits()
        limits.readers = 1
        try await RunningServer.with(FakeService(limits: limits)) { server in
            for _ in 0..<3 {
                var problem: (any Error)?
                for _ in 0..<1000 {
                    var lines = 0
                    do {
                        // Ends the exchange at the second of the two events there are.
                        try await server.client.events(from: 0, follow: true) { _ in
                            lines += 1
                            return lines < 2
                        }
                    } catch {
                        problem = error
                    }
                    #expect(lines == 2)
                    // The place is free when one can wait at the end again.
                    let probe = Task {
                        try await server.service.events.nextEvents(from: 3, limit: 1)
                    }
                    try await Task.sleep(for: .milliseconds(5))
                    probe.cancel()
                    do {
                        _ = try await probe.value
                        problem = nil
                        break
                    } catch {
                        problem = error
                    }
                }
                if let problem { throw problem }
            }
        }
    }

    @Test func followersEndWithTheServer() async throws {
        let lines = Counter()
        var follower: Task<Void, any Error>?
        try await RunningServer.with { server in
            let client = server.client
            follower = Task {
                try await client.events(from: 0, follow: true) { _ in
                    await lines.add()
                    return true
                }
            }
            while await lines.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
        }
        // However it ends, it does.
        _ = await follower?.result
    }
}

/// Counts from several tasks.
private actor Counter {
    var count = 0
    func add() { count += 1 }
}
