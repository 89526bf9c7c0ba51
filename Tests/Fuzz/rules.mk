# How the targets of libFuzzer are built: from the sources that they feed alone, with the address
# sanitizer. Each runs for $(SECONDS) seconds and keeps what it found in .build/fuzz.
FUZZ := swiftc -parse-as-library -swift-version 6 -package-name pipam \
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
    -enable-upcoming-feature MemberImportVisibility -use-ld=lld -sanitize=fuzzer,address -O -g
# What traces a crash back hangs in the sanitizer's memory.
fuzz-%: export SWIFT_BACKTRACE := enable=no
FUZZ_RUN := -max_total_time=$(SECONDS) -timeout=5 -print_final_stats=1 -artifact_prefix=.build/fuzz/
FUZZ_C := -I Sources/System/COpenSSL -I Sources/System/CLDNS -I .build/fuzz/modules/CSystemCalls
CONSENSUS := Sources/Agree/Consensus

.PHONY: fuzz
fuzz: fuzz-query fuzz-answer fuzz-reply fuzz-stream fuzz-tsig fuzz-frame fuzz-zone ## Feed what reads strangers' bytes with random ones (SECONDS=n)

# What signatures are made with: a module of its own, as it is for DNSWire.
FUZZ_HMAC := $(addprefix Sources/Platform/OpenSSL/,MessageCode.swift OpenSSLError.swift SHA1Hasher.swift SHA256Hasher.swift)
FUZZ_WIRE := -I .build/fuzz/modules -I Sources/System/COpenSSL -module-name DNSWire \
    .build/fuzz/modules/hmac.o -lcrypto Sources/Platform/DNSWire/*.swift

.PHONY: fuzz-hmac
fuzz-hmac:
	@mkdir -p .build/fuzz/modules
	$(FUZZ) -module-name OpenSSL -I Sources/System/COpenSSL -wmo -emit-module \
	    -emit-module-path .build/fuzz/modules/OpenSSL.swiftmodule -c -o .build/fuzz/modules/hmac.o \
	    $(FUZZ_HMAC)

.PHONY: fuzz-tsig
fuzz-tsig: fuzz-hmac
	@mkdir -p .build/fuzz/signatures
	$(FUZZ) -o .build/fuzz/tsig Tests/Fuzz/TSIGFuzz.swift $(FUZZ_WIRE)
	.build/fuzz/tsig $(FUZZ_RUN) -max_len=1000 .build/fuzz/signatures Tests/Fuzz/Seeds/tsig

.PHONY: fuzz-query
fuzz-query: fuzz-hmac
	@mkdir -p .build/fuzz/corpus
	$(FUZZ) -o .build/fuzz/query-reader Tests/Fuzz/QueryReaderFuzz.swift $(FUZZ_WIRE)
	.build/fuzz/query-reader $(FUZZ_RUN) -max_len=600 .build/fuzz/corpus

# What answers is built as modules, and the zones of the tests with it; libknot reads the answers.
FUZZ_ANSWER := $(wildcard $(addprefix Sources/Publish/Nameserver/,Answering/*.swift Answering/*/*.swift \
    Table/*.swift Transfers/Announcer.swift Transfers/TransferSettings.swift ZoneStore.swift NameserverError.swift \
    NameserverSettings.swift PrivateZones.swift Dnstap/DnstapSettings.swift))

.PHONY: fuzz-answer
fuzz-answer: fuzz-hmac fuzz-core
	@mkdir -p .build/fuzz/answers .build/fuzz/modules/CSystemCalls
	@echo 'module CSystemCalls { header "$(CURDIR)/Sources/System/CSystemCalls/include/CSystemCalls.h" export * }' \
	    > .build/fuzz/modules/CSystemCalls/module.modulemap
	clang -c -O1 -D_GNU_SOURCE -I Sources/System/CSystemCalls/include \
	    -o .build/fuzz/modules/Memory.o Sources/System/CSystemCalls/Memory.c
	$(FUZZ) -I .build/fuzz/modules $(FUZZ_C) -module-name DNSWire -wmo -emit-module \
	    -emit-module-path .build/fuzz/modules/DNSWire.swiftmodule -c -o .build/fuzz/modules/DNSWire.o \
	    Sources/Platform/DNSWire/*.swift
	$(FUZZ) -I .build/fuzz/modules $(FUZZ_C) -module-name Nameserver -wmo -emit-module \
	    -emit-module-path .build/fuzz/modules/Nameserver.swiftmodule -c -o .build/fuzz/modules/Nameserver.o \
	    $(FUZZ_ANSWER)
	$(FUZZ) -I .build/fuzz/modules $(FUZZ_C) -I Tests/Fuzz/CKnot -o .build/fuzz/answer Tests/Fuzz/AnswerFuzz.swift \
	    $(addprefix Tests/NameserverTests/,TestZones.swift MadeSignatures.swift) \
	    $(patsubst %,.build/fuzz/modules/%.o,$(FUZZ_CORE) DNSWire Nameserver Memory hmac) \
	    -lldns -lknot -lcrypto
	.build/fuzz/answer $(FUZZ_RUN) -max_len=600 .build/fuzz/answers Tests/Fuzz/Seeds/answer

# What reads the answers of servers that are written to: the provider's readers without its sockets.
FUZZ_REPLY := $(wildcard Sources/Publish/DynamicUpdate/Reading/*.swift) \
    Sources/Publish/DynamicUpdate/Survey/ZoneFinder.swift

.PHONY: fuzz-reply
fuzz-reply: fuzz-hmac fuzz-core
	@mkdir -p .build/fuzz/replies
	for module in Platform/DNSWire Publish/ForeignZones; do \
	    $(FUZZ) -I .build/fuzz/modules $(FUZZ_C) -module-name $$(basename $$module) -wmo -emit-module \
	        -emit-module-path .build/fuzz/modules/$$(basename $$module).swiftmodule \
	        -c -o .build/fuzz/modules/$$(basename $$module).o Sources/$$module/*.swift || exit 1; \
	done
	$(FUZZ) -I .build/fuzz/modules $(FUZZ_C) -module-name DynamicUpdate -o .build/fuzz/reply \
	    Tests/Fuzz/ReplyFuzz.swift $(FUZZ_REPLY) \
	    $(patsubst %,.build/fuzz/modules/%.o,$(FUZZ_CORE) DNSWire ForeignZones hmac) -lcrypto
	.build/fuzz/reply $(FUZZ_RUN) -max_len=8192 .build/fuzz/replies Tests/Fuzz/Seeds/reply

.PHONY: fuzz-stream
fuzz-stream: fuzz-hmac
	@mkdir -p .build/fuzz/streams
	$(FUZZ) -o .build/fuzz/stream-framing Tests/Fuzz/StreamFramingFuzz.swift $(FUZZ_WIRE)
	.build/fuzz/stream-framing $(FUZZ_RUN) -max_len=4096 .build/fuzz/streams Tests/Fuzz/Seeds/stream

# Names and records: modules of their own, as they are for the reader of zone files.
FUZZ_CORE := Inventory Planning Zones

.PHONY: fuzz-core
fuzz-core:
	@mkdir -p .build/fuzz/modules
	for module in $(FUZZ_CORE); do \
	    $(FUZZ) -I .build/fuzz/modules -module-name $$module -wmo -emit-module \
	        -emit-module-path .build/fuzz/modules/$$module.swiftmodule \
	        -c -o .build/fuzz/modules/$$module.o \
	        $$(find Sources/Core/$$module -name '*.swift') || exit 1; \
	done

# ldns loses a few octets where the text of an IPSECKEY record is wrong, so leaks are not counted.
fuzz-zone: export ASAN_OPTIONS := detect_leaks=0
.PHONY: fuzz-zone
fuzz-zone: fuzz-core
	@mkdir -p .build/fuzz/zones
	$(FUZZ) -I .build/fuzz/modules -I Sources/System/CLDNS -module-name Nameserver \
	    -o .build/fuzz/zone-text Tests/Fuzz/ZoneTextFuzz.swift \
	    Sources/Publish/Nameserver/ZoneText/*.swift \
	    Sources/Publish/Nameserver/Table/LDNSRecord.swift \
	    $(patsubst %,.build/fuzz/modules/%.o,$(FUZZ_CORE)) -lldns -lcrypto
	.build/fuzz/zone-text $(FUZZ_RUN) -max_len=2000 -dict=Tests/Fuzz/zone.dict .build/fuzz/zones \
	    Tests/Fuzz/Seeds/zone

.PHONY: fuzz-frame
fuzz-frame:
	@mkdir -p .build/fuzz/frames
	$(FUZZ) -module-name Consensus -o .build/fuzz/frame-reader \
	    Tests/Fuzz/FrameReaderFuzz.swift \
	    $(addprefix $(CONSENSUS)/Peers/,PeerError.swift \
	        $(addprefix Frames/,FrameKind.swift Hello.swift RefusalNote.swift)) \
	    $(addprefix $(CONSENSUS)/,ConsensusError.swift Engine/OctetReader.swift Engine/OctetWriter.swift \
	        Log/ReplicaLog.swift $(addprefix Replica/,CommittedEntry.swift Configuration.swift \
	        ReplicaID.swift SnapshotDescriptor.swift))
	.build/fuzz/frame-reader $(FUZZ_RUN) -max_len=4096 .build/fuzz/frames
