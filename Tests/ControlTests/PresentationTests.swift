import Testing
import control_fixture

@testable import Control

/// What people read.
@Suite struct PresentationTests {
    private let service = FakeService()

    @Test func statusSaysWhatToDo() async throws {
        let text = try await service.status().text
        #expect(
            text == """
                pipam 1.2.3 on pve1, up 1 d 2 h, cluster 00112233445566778899aabbccddeeff, state 42

                SOURCE   STATE    LAST SUCCESS  PROBLEM
                proxmox  working  3 s ago

                Name server: 1 zone at 10.0.0.1:53, [2001:db8::1]:53

                PROVIDER  SERVER          STATE              OWED  CONFLICTS  LAST SUCCESS  \
                NEXT ATTEMPT
                powerdns  PowerDNS 4.7.3  awaiting approval  3     1          1 min ago     in 30 s

                PROVIDER  ZONE          APPROVED  ENTRIES  HELD BACK  PROBLEM
                powerdns  example.com.  no        0        1

                To be known:
                  powerdns example.com.: secondaries are not told; set master=yes there

                To be done:
                  powerdns example.com.: its first plan waits for approval; look at pipamctl plan \
                show, then pipamctl plan apply

                """, "\(text)")
    }

    @Test func aGuestTellsOfEachNameAndAddress() async throws {
        let text = try await service.guest(101).text
        #expect(
            text == """
                qemu guest 101, named web1, calls itself web1, running on pve1, pool infra, \
                tags a b, 4 processors, 8 GiB memory, 32.5 GiB disk

                INTERFACE  NAME   MAC                BRIDGE  VLAN  ROUTING DOMAIN
                net0       ens18  bc:24:11:00:00:01  vmbr0   5     global

                NAME               FROM     AGE    PUBLISHED  ZONE          PROVIDERS
                web1.example.com.  proxmox  1 h    yes        example.com.  powerdns: in step
                db.example.com.    notes    1 min  no         -             -

                ADDRESS    FROM   INTERFACE  AGE      PUBLISHED  ZONE          PROVIDERS
                10.0.0.1   agent  net0       1 d 1 h  yes        example.com.  -
                192.0.2.9  agent  net0       5 s      no         -             -

                RECORD                  TTL  TYPE  DATA
                web1.example.com.       60   A     10.0.0.1
                1.0.0.10.in-addr.arpa.  60   PTR   web1.example.com.

                Not published:
                  db.example.com.: guest 7 has the name; give this one another name
                  192.0.2.9: no mapping holds it; add one

                """, "\(text)")
    }

    @Test func aPlanTellsOfStepsBrakeAndConflicts() async throws {
        let text = try await service.plan(.init()).text
        #expect(
            text == """
                powerdns example.com.: 2 steps, 1 held back, 1 conflict, 14 in step
                  STEP    NAME               TYPE  FROM      TO
                  create  web1.example.com.  A     -         10.0.0.1
                  change  web2.example.com.  A     10.0.0.2  10.0.0.3, 10.0.0.4
                  held back: 6 removals and changes of 20 within an hour, more than 5; \
                pipamctl plan apply --force lets it through once
                  STEP    NAME              TYPE  FROM      TO
                  remove  old.example.com.  A     10.0.0.9  -
                  conflict: mail.example.com. A: a record made by hand says the same; take it over \
                with pipamctl adopt
                  not approved: nothing is written before pipamctl plan apply

                """, "\(text)")
        #expect(PlanAnswer(plans: []).text == "Nothing to do.\n")
    }

    @Test func aSignedZoneTellsOfItsKeys() async throws {
        let text = try await service.signing(of: nil).text
        #expect(
            text == """
                example.com. is signed, ecdsap256sha256, nsec, serial 7
                  TAG   ROLE          ALGORITHM        STAGE   SINCE        AT THE PARENT
                  4711  key-signing   ecdsap256sha256  active  1 d 1 h ago  13 h 53 min ago
                  9000  zone-signing  ecdsap256sha256  active  1 d 1 h ago  -
                  example.com. IN DS 4711 13 2 0123456789ABCDEF
                  2 record sets to be signed
                  signatures are good until 1970-01-11T10:00:00Z, and made anew before
                  next step in 1 h

                """, "\(text)")
        let request = SigningEnableRequest(zone: "new.example.")
        let begun = try await service.enableSigning(request).text
        #expect(begun.contains("is being signed and served unsigned"))
        #expect(begun.contains("to do: give the DS record to the parent"))
        #expect(SigningListAnswer(index: 1, time: 1).text == "No zone is signed.\n")
    }

    @Test func listsOfGuestsKeepTheTerminalSafe() async throws {
        let text = try await service.guests().text
        #expect(
            text == #"""
                VMID  TYPE  NODE  STATUS     NAME          PUBLISHED NAME     ADDRESS   UNPUBLISHED
                101   qemu  pve1  running    web1          web1.example.com.  10.0.0.1  1
                                                           www.example.com.
                102   lxc   pve2  stopped    a\n\u{1B}[2J  -                  -         0
                103   lxc   pve2  destroyed  twin          -                  -         0
                104   lxc   pve2  stopped    twin          -                  -         0

                """#, "\(text)")
    }

    @Test(arguments: [
        ("\u{1B}[2J", #"\u{1B}[2J"#), ("a\nb", #"a\nb"#), ("\u{202E}x", #"\u{202E}x"#),
        ("\u{2028}", #"\u{2028}"#), ("\u{7F}", #"\u{7F}"#), ("ä", "ä"),
    ])
    func cellsAndLinesAreEscaped(value: String, shown: String) {
        var table = TextTable("A")
        table.append(value)
        #expect(table.text == "A\n\(shown)\n")
        #expect(section("T", [value]) == "\nT:\n  \(shown)\n")
        let event = Event(index: 1, time: 0, kind: .write, message: value, zone: value)
        #expect(event.text == "1 1970-01-01T00:00:00Z write \(shown): \(shown)\n")
    }

    @Test(
        arguments: [
            (0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"),
            (3660, "1 h 1 min"), (86_399, "23 h 59 min"), (86_400, "1 d"), (90_000, "1 d 1 h"),
        ] as [(UInt64, String)])
    func spansReadWell(seconds: UInt64, text: String) {
        #expect(Wording.span(seconds: seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (1 << 30, "1 GiB"),
        ] as [(UInt64, String)])
    func sizesReadWell(bytes: UInt64, text: String) {
        #expect(Wording.size(bytes) == text)
    }
}
