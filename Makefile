# Everything goes through here: `make` runs the demo, `make test` the tests; each does all the set-up that it needs.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := demo
.PHONY: demo test build serve bench bench-answers bench-cache bench-engine bench-ingestion bench-models bench-peers bench-perplexity bench-postgresql bench-retrieval bench-scale bench-serving bench-vectors bench-words models packages format format-check cross-check fuzz soak soak-serving thread-sanitizer install clean help

# One configuration for everything: a debug build compiles the C kernels without optimisation, ten times slower.
SWIFT_FLAGS := -c release
QUARRY := .build/release/quarry
PREFIX ?= $(if $(filter 0,$(shell id -u)),/usr/local,$(HOME)/.local)
FUZZ_SECONDS ?= 60
DEMO_INDEX := Indexes/demo
PEERS := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/quarry/peers
BENCH_MODELS := $(dir $(PEERS))bench-models
BENCH_WORDS := $(dir $(PEERS))bench-words
BENCH_ANSWERS_OPTIONS ?=
BENCH_ENGINE_OPTIONS ?=
BENCH_INGESTION_OPTIONS ?=
BENCH_SERVING_OPTIONS ?=
BENCH_PEERS_OPTIONS ?=
BENCH_VECTORS_OPTIONS ?=
BENCH_WORDS_OPTIONS ?=
SOAK_OPTIONS ?=
FAULTS_OPTIONS ?=
DEFAULT_MODEL = $(or $(QUARRY_MODELS),$(or $(XDG_DATA_HOME),$(HOME)/.local/share)/quarry/models)/SmolLM2-135M-Instruct.Q4_1.gguf

demo: models ## Everything to an answered question: packages, build, models, ingest, ask
	@echo "== ingesting Quarry's own manual"
	@# An index that an older Quarry made with other vectors is made anew.
	$(QUARRY) ingest Corpora/manual --index $(DEMO_INDEX) || { rm -rf $(DEMO_INDEX) && $(QUARRY) ingest Corpora/manual --index $(DEMO_INDEX); }
	@echo
	@echo "== asking it"
	$(QUARRY) ask "Which port does Quarry listen on by default?" --index $(DEMO_INDEX)
	@echo
	@echo "Ask something yourself:   $(QUARRY) ask 'How do I add my own model?' --index $(DEMO_INDEX)"
	@echo "Your own documents:       $(QUARRY) ingest FOLDER && $(QUARRY) ask 'QUESTION'"

test: packages ## Everything to pass the tests, on a fresh clone too
	@echo "== building (release)"
	swift build $(SWIFT_FLAGS) --build-tests
	@echo "== models"
	$(QUARRY) models fetch
	@# A real model of another family, to compare with llama.cpp.
	scripts/bench/gemma.sh $(BENCH_MODELS)
	@echo "== tools that the tests drive the server with"
	scripts/test-tools.sh .build/test-tools
	@echo "== tests"
	scripts/check-architecture.sh
	@# What failed is said again at the end, where it is found.
	swift test $(SWIFT_FLAGS) --skip-build 2>&1 | tee .build/tests.log || { echo "== what failed"; grep -a -A 4 '^✘' .build/tests.log | grep -av '^[✔◇]' | tail -n 60; exit 1; }

build: packages ## Build the program
	swift build $(SWIFT_FLAGS) --product quarry

models: build ## Fetch the default models and check their hashes
	$(QUARRY) models fetch

serve: models ## Serve the demo index over HTTP on 127.0.0.1:8707
	$(QUARRY) ingest Corpora/manual --index $(DEMO_INDEX)
	$(QUARRY) serve --index $(DEMO_INDEX)

bench: models ## Measure ingest, search, prefill and decode; with peers when `make bench-peers` has fetched them
	mkdir -p .build/bench
	QUARRY_PEERS=$(PEERS) $(QUARRY) bench --out .build/bench/quarry.json

bench-engine: models bench-models ## Measure the engine against its bars, with llama.cpp and ONNX Runtime in turns (quiet machine; BENCH_ENGINE_OPTIONS="--only prefill,decode")
	mkdir -p .build/bench
	QUARRY_PEERS=$(PEERS) QUARRY_BENCH_MODELS=$(BENCH_MODELS) $(QUARRY) bench engine --out .build/bench/engine.json $(BENCH_ENGINE_OPTIONS)

bench-cache: build ## Replay a chat service's arrivals and made-up questions against the prefix cache: hit rates by size, policy and order of passages
	mkdir -p .build/bench
	$(QUARRY) bench cache $(if $(wildcard ../shared/eval/traces/conversation.jsonl),--trace ../shared/eval/traces/conversation.jsonl) --out .build/bench/cache.json

bench-perplexity: models bench-models ## Compare perplexity with llama.cpp's: every weight type, keys and values in F16 and Q8, on our own pages (50 min)
	mkdir -p .build/bench
	cat Corpora/manual/*.md README.md ARCHITECTURE.md > .build/bench/perplexity.txt
	$(PEERS)/bin/python scripts/bench/perplexity.py --table $(QUARRY) .build/bench/perplexity.txt .build/bench/perplexity.json \
	  $(DEFAULT_MODEL) $(filter-out $(BENCH_MODELS)/wide-%,$(wildcard $(BENCH_MODELS)/*.gguf))

bench-ingestion: models ## Measure ingestion against its bars: throughput, a second run, a change that is followed, memory (BENCH_INGESTION_OPTIONS="--files 2000")
	mkdir -p .build/bench
	python3 scripts/bench/ingestion.py --quarry $(QUARRY) --out .build/bench/ingestion.json $(BENCH_INGESTION_OPTIONS)

bench-models: models bench-peers ## Write the default model in every weight type, and a wide one with random weights; fetch Gemma 3 270M (3 GB in the cache)
	$(PEERS)/bin/python scripts/bench/quantise.py $(DEFAULT_MODEL) $(BENCH_MODELS)
	scripts/bench/gemma.sh $(BENCH_MODELS)

bench-peers: packages ## Fetch the peers to compare with (llama.cpp, ONNX Runtime, FAISS, tantivy …) from PyPI into a cache (BENCH_PEERS_OPTIONS=--native: llama.cpp built for this processor)
	scripts/bench-peers.sh $(PEERS) $(BENCH_PEERS_OPTIONS)

bench-postgresql: models ## Ingest PostgreSQL's documentation (Debian package) and ask it what its users ask
	@[ -d /usr/share/doc/postgresql-doc-15/html ] || scripts/install-packages.sh postgresql-doc-15
	mkdir -p .build/bench
	python3 scripts/bench-postgresql.py $(QUARRY) .build/bench/postgresql-index .build/bench/postgresql.json

bench-retrieval: bench-vectors bench-words ## Measure vectors and words beside other libraries, then retrieval and quotes on the sets of ../shared/eval
	mkdir -p .build/bench
	python3 scripts/bench-retrieval.py $(QUARRY) ../shared/eval .build/bench/retrieval.json

bench-vectors: models bench-peers ## Measure search by vectors among 100,000 beside FAISS, hnswlib and usearch (BENCH_VECTORS_OPTIONS="--count 1000000 --peers=")
	$(PEERS)/bin/python scripts/bench/indexes.py --quarry $(QUARRY) vectors --out .build/bench/vectors.json $(BENCH_VECTORS_OPTIONS)

$(BENCH_WORDS)/chunks.txt:
	python3 scripts/bench/lexical_corpus.py --out $(BENCH_WORDS) $(foreach set,squad2-a scifact cranfield,--set ../shared/eval/sets/$(set))

bench-words: models bench-peers $(BENCH_WORDS)/chunks.txt ## Measure BM25 over 1,000,000 chunks beside tantivy and bm25s (BENCH_WORDS_OPTIONS="--peers tantivy")
	$(PEERS)/bin/python scripts/bench/indexes.py --quarry $(QUARRY) words --data $(BENCH_WORDS) --out .build/bench/words.json $(BENCH_WORDS_OPTIONS)

bench-scale: models $(BENCH_WORDS)/chunks.txt ## Measure whole retrieval among 1,000,000 chunks (5 GB of index, 15 minutes to make, kept beside the peers)
	$(QUARRY) bench retrieval --texts $(BENCH_WORDS)/chunks.txt --questions $(BENCH_WORDS)/questions.txt --index $(dir $(PEERS))bench-scale --out .build/bench/scale.json

bench-serving: models bench-peers ## Measure serving over HTTP against its bars, llama.cpp's server in turns (quiet machine; BENCH_SERVING_OPTIONS="--only cold,warm")
	python3 scripts/bench/serving.py --quarry $(QUARRY) --model $(DEFAULT_MODEL) --peers $(PEERS) --draft-model $(BENCH_MODELS)/SmolLM2-135M-Instruct.Q2_K.gguf --out .build/bench/serving.json $(BENCH_SERVING_OPTIONS)

bench-answers: models ## Measure what prepared passages and their order cost in answers on squad2-a (BENCH_ANSWERS_OPTIONS="--limit 200"; an hour for 700)
	python3 scripts/bench/answers.py --quarry $(QUARRY) --out .build/bench/answers.json $(BENCH_ANSWERS_OPTIONS)

thread-sanitizer: models ## The tests of scheduler, engine and compute pool under ThreadSanitizer (a build of its own, 15 minutes)
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/thread-sanitizer.suppressions halt_on_error=1 exitcode=66" \
	swift test -c release --sanitize=thread --scratch-path .build-thread-sanitizer \
	  --filter 'SchedulerProperty|PassageReuse|otherFamilies|aDraftModel|DiskTier|EngineLifecycle|ComputePool'

soak: models ## Break an index in every way: kill -9, every k-th write, EIO, ENOSPC, flipped bits, clocks (an hour and more; FAULTS_OPTIONS="--only kills --rounds 50")
	mkdir -p .build/bench
	python3 Tests/Faults/faults.py --quarry $(QUARRY) --out .build/bench/faults.json $(FAULTS_OPTIONS)

soak-serving: models ## Load run: 200 clients for 10 minutes with far too little memory, then every answer against its lone run (SOAK_OPTIONS="--minutes 2")
	python3 scripts/load.py --quarry $(QUARRY) --model $(DEFAULT_MODEL) --out .build/bench/load.json $(SOAK_OPTIONS)

fuzz: ## Feed every reader of files and texts from strangers with hostile ones, FUZZ_SECONDS (60) each; findings stay in .build-fuzz/found
	swift build $(SWIFT_FLAGS) --sanitize address --package-path Fuzz --scratch-path .build-fuzz
	python3 Fuzz/seeds.py .build-fuzz/seeds
	mkdir -p .build-fuzz/found
	@# Swift's own crash report would keep libFuzzer from saving the input.
	export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0; \
	for target in GGUF:8192 Safetensors:4096 Model:16384 Encoder:16384 Tokenizer:2048 Schema:16384 Template:8192 Document:16384; do \
	  name=$${target%:*}; inputs=$$(tr A-Z a-z <<< $$name); mkdir -p .build-fuzz/corpus/$$inputs; \
	  echo "== Fuzz$$name"; \
	  .build-fuzz/release/Fuzz$$name .build-fuzz/corpus/$$inputs .build-fuzz/seeds/$$inputs -max_total_time=$(FUZZ_SECONDS) \
	    -max_len=$${target#*:} -timeout=10 -rss_limit_mb=2048 -artifact_prefix=.build-fuzz/found/$$inputs- -print_final_stats=1; \
	done

cross-check: ## Check the C kernels on arm64: compiled without a warning, and run under an emulator against the scalar ones
	@scripts/install-packages.sh gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
	mkdir -p .build/cross-check
	clang --target=aarch64-linux-gnu -std=gnu11 -O2 -Wall -Wextra -Werror -ISources/CKernels/include \
	  scripts/cross-check/kernels.c Sources/CKernels/*.c -lm -o .build/cross-check/kernels
	QEMU_LD_PREFIX=/usr/aarch64-linux-gnu qemu-aarch64-static -cpu max .build/cross-check/kernels
	@for level in scalar avx2 avx512 neon nonsense; do \
	  QUARRY_CPU=$$level QEMU_LD_PREFIX=/usr/aarch64-linux-gnu qemu-aarch64-static -cpu max .build/cross-check/kernels chosen || exit 1; done

packages: ## Install the Debian packages that are missing
	@scripts/install-packages.sh

format: ## Format the Swift sources
	swift format --in-place --recursive --parallel Package.swift Sources Tests

format-check: ## Fail if a Swift source is not formatted
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

install: build ## Install quarry to $PREFIX/bin, with completions (default /usr/local as root, else ~/.local)
	install -D -m 755 $(QUARRY) $(PREFIX)/bin/quarry
	mkdir -p $(PREFIX)/share/bash-completion/completions
	$(QUARRY) --generate-completion-script bash > $(PREFIX)/share/bash-completion/completions/quarry

clean: ## Delete what was built; models and indexes stay
	rm -rf .build .build-*

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
