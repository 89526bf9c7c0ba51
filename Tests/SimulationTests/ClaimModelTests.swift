import Simulation
import Testing

/// The model of claims, and what the checker says of histories with it.
@Suite struct ClaimModelTests {
    private func verdict(
        _ build: (inout ClaimHistory) -> Void
    ) -> LinearizabilityChecker<ClaimModel>.Verdict {
        var history = ClaimHistory()
        build(&history)
        return LinearizabilityChecker.check(history.operations(ofPool: 0))
    }

    private func isFine(_ build: (inout ClaimHistory) -> Void) -> Bool {
        verdict(build) == .linearizable
    }

    private func places(_ holdings: [Int: ClaimModel.Holding]) -> ClaimModel.Output {
        .places((0..<ClaimModel.size).map { holdings[$0] })
    }

    @Test func oneClientAfterTheOther() {
        #expect(
            isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 3))
                $0.did(.claim(key: 2, .sequential), .holding(place: 1, fence: 4))
                $0.did(.claim(key: 1, .random), .holding(place: 0, fence: 3))
                $0.did(.claim(key: 2, .exactly(0)), .heldByAnother)
                $0.did(.confirm(key: 1, fence: 3), .holding(place: 0, fence: 3))
                $0.did(.expire(key: 2, fence: 4), .expired)
                $0.did(.claim(key: 2, .onlyHeld), .nothing)
                $0.did(
                    .read, places([0: .init(key: 1, fence: 3, isConfirmed: true)]))
                $0.did(.release(key: 1, fence: nil), .holding(place: 0, fence: 3))
                $0.did(.release(key: 1, fence: nil), .nothing)
                $0.did(.read, places([:]))
            })
    }

    @Test func doubleGrantIsRefused() {
        #expect(
            !isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 3))
                $0.did(.claim(key: 2, .sequential), .holding(place: 0, fence: 4))
            })
    }

    @Test func secondAddressForOneKeyIsRefused() {
        #expect(
            !isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 3))
                $0.did(.claim(key: 1, .sequential), .holding(place: 1, fence: 4))
            })
    }

    @Test func lostGrantIsRefused() {
        #expect(
            !isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 3))
                $0.did(.read, places([:]))
            })
    }

    @Test func addressThatIsNotTheLowestIsRefused() {
        #expect(!isFine { $0.did(.claim(key: 1, .sequential), .holding(place: 2, fence: 3)) })
        #expect(isFine { $0.did(.claim(key: 1, .random), .holding(place: 2, fence: 3)) })
    }

    @Test func poolThatIsNotFullIsRefused() {
        #expect(!isFine { $0.did(.claim(key: 1, .sequential), .full) })
    }

    @Test func oldFenceIsRefused() {
        #expect(
            !isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 9))
                $0.did(.claim(key: 2, .sequential), .holding(place: 1, fence: 9))
            })
        #expect(
            isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 9))
                $0.did(.release(key: 1, fence: 8), .otherGrant)
            })
        #expect(
            !isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 9))
                $0.did(.release(key: 1, fence: 8), .holding(place: 0, fence: 9))
            })
    }

    @Test func confirmedClaimDoesNotExpire() {
        #expect(
            !isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 9))
                $0.did(.confirm(key: 1, fence: 9), .holding(place: 0, fence: 9))
                $0.did(.expire(key: 1, fence: 9), .expired)
            })
    }

    @Test(arguments: [(0, true), (3, true), (5, false)])
    func unknownClaimMayHoldAnythingThatIsFree(place: Int, isPossible: Bool) {
        #expect(
            isFine {
                _ = $0.begin(pool: 0, client: "a", .claim(key: 1, .random))
                $0.did(.claim(key: 2, .exactly(5)), .holding(place: 5, fence: 6))
                $0.did(.claim(key: 1, .onlyHeld), .holding(place: place, fence: 7))
            } == isPossible)
    }

    @Test func confirmedClaimDoesNotMove() {
        for isConfirmed in [false, true] {
            #expect(
                isFine {
                    $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 9))
                    if isConfirmed {
                        $0.did(.confirm(key: 1, fence: 9), .holding(place: 0, fence: 9))
                    }
                    $0.did(.claim(key: 1, .exactly(4)), .holding(place: 4, fence: 12))
                } == !isConfirmed)
        }
    }

    @Test func unknownReleaseMayHappenLater() {
        #expect(
            isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 3))
                _ = $0.begin(pool: 0, client: "a", .release(key: 1, fence: 3))
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 3))
                $0.did(.claim(key: 2, .sequential), .holding(place: 0, fence: 7))
            })
    }

    @Test func staleReadIsRefused() {
        let first = places([0: .init(key: 1, fence: 3, isConfirmed: false)])
        #expect(
            !isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 3))
                $0.did(.claim(key: 2, .sequential), .holding(place: 1, fence: 4))
                $0.did(.read, first)
            })
        #expect(
            isFine {
                $0.did(.claim(key: 1, .sequential), .holding(place: 0, fence: 3))
                let ticket = $0.begin(pool: 0, client: "b", .claim(key: 2, .sequential))
                $0.did(.read, first)
                $0.end(ticket, .holding(place: 1, fence: 4))
            })
    }

    @Test func poolsHaveNothingToDoWithEachOther() {
        var history = ClaimHistory()
        for pool in 0..<2 {
            let ticket = history.begin(pool: pool, client: "a", .claim(key: 1, .sequential))
            history.end(ticket, .holding(place: 0, fence: UInt64(pool + 1)))
        }
        for pool in 0..<2 {
            #expect(
                LinearizabilityChecker.check(history.operations(ofPool: pool)) == .linearizable)
        }
    }
}

extension ClaimHistory {
    /// An operation with nothing beside it.
    fileprivate mutating func did(_ input: ClaimModel.Input, _ output: ClaimModel.Output) {
        end(begin(pool: 0, client: "a", input), output)
    }
}
