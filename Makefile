# The verbs of the whole product. Each is a thin call of a script that can be run by itself; ./mvnw finds its own JDK 25.
.DEFAULT_GOAL := help
.PHONY: help build demo test bench bench-lock chaos images push up down gate format mutate clean
MAKEFLAGS += --no-print-directory
# Of make's own work nothing is worth two jobs; the scripts take their locks themselves.
.NOTPARALLEL:

help: ## show these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: gate ## build the jars and the gate, so that bin/lockclaim runs
	@./mvnw -q -pl sidecar -am -Dmaven.test.skip=true package

demo: ## a real Kubernetes here, Lockclaim in it, and a lock that moves from pod to pod
	@scripts/demo

test: ## everything that is checked: shell, gate, Java, chart, two minutes of chaos, a real cluster
	@scripts/test

chaos: ## faults at random on real etcd members and gates: make chaos [MINUTES=20] [SEED=number]; writes bench/results/chaos.*
	@scripts/chaos --minutes $(or $(MINUTES),20) $(if $(SEED),--seed $(SEED))

mutate: ## take out one guard after the other: each must make its test fail; ten minutes
	@scripts/mutate

bench: ## measure hand-over and sidecar in a real cluster, into bench/results; takes a quiet machine and 15 minutes
	@bench/handover
	@bench/sidecar

bench-lock: ## the lock beside its peers, one run of 25 minutes; writes bench/results/lock-peers.*
	@bench/lock-peers

images: ## build the container images into target/images/*.tar; needs no container engine
	@images/build

push: ## push the images: make push REGISTRY=registry.example.com/lockclaim
	@images/push $(REGISTRY)

up: ## start the testbed: a real Kubernetes on this machine
	@testbed/up

down: ## stop the testbed and remove what it made
	@testbed/down

gate: ## build the gate, the small static program that holds main back
	@$(MAKE) -C gate

format: ## format the Java code
	@./mvnw -q spotless:apply

clean: ## remove what was built in this tree; built tools stay in the cache
	@rm -rf target */target gate/build
