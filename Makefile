# Every target is a thin call of the binary, which takes ARCH, CHECKPOINT, MENTOR, TEST_SET and
# MENTORPAL from the environment (or from the make command line).

export ARCH CHECKPOINT MENTOR TEST_SET MENTORPAL MENTORPAL_REMOTE

CARGO ?= cargo
MENTORPAL_BIN ?= target/release/mentorpal

.PHONY: quickstart test test-shared build init checkpoint-train checkpoint-test checkpoints-compare \
	download-checkpoint download-vector-models upload-checkpoint clean embedded-vectors

# Trains a checkpoint, runs the standard accuracy test on it, and asks it a question.
quickstart: build
	$(MENTORPAL_BIN) train
	$(MENTORPAL_BIN) test
	$(MENTORPAL_BIN) ask --mentor guide "how do i retrain just one mentor"

# Passes all tests; what needs data or programs that are not here is skipped, and says so. A sentence
# encoder and a checker of accessibility are fetched once, if that is possible.
test:
	@bash tests/fetch.sh encoder axe
	$(CARGO) test --locked

# The same on real mentors beside the repository, where they are.
test-shared:
	@bash tests/fetch.sh encoder axe
	$(CARGO) test --locked --test shared_data -- --nocapture

build:
	@$(CARGO) build --release --locked

# ARCH=my_arch make checkpoint-train
# make checkpoint-train checkpoint=my_checkpoint
checkpoint-train: build
	$(MENTORPAL_BIN) train $(if $(checkpoint),--checkpoint '$(checkpoint)')

# ARCH=my_arch CHECKPOINT=my_checkpoint make checkpoint-test
checkpoint-test: build
	$(MENTORPAL_BIN) test

# make checkpoints-compare mentor=M arch_1=A checkpoint_1=X arch_2=B checkpoint_2=Y
checkpoints-compare: build
	$(MENTORPAL_BIN) compare '$(if $(arch_1),$(arch_1)/)$(checkpoint_1)' \
		'$(if $(arch_2),$(arch_2)/)$(checkpoint_2)' $(if $(mentor),--mentor '$(mentor)')

init: build
	$(MENTORPAL_BIN) init

# make download-checkpoint classifier=my_arch checkpoint=my_checkpoint
download-checkpoint: build
	$(MENTORPAL_BIN) download '$(if $(classifier),$(classifier)/)$(checkpoint)'

download-vector-models: build
	$(MENTORPAL_BIN) vectors download

# make upload-checkpoint classifier=my_arch checkpoint=my_checkpoint
upload-checkpoint: build
	$(MENTORPAL_BIN) upload '$(if $(classifier),$(classifier)/)$(checkpoint)'

# make clean, or make clean force=1 where nothing else keeps a copy
clean: build
	$(MENTORPAL_BIN) clean $(if $(force),--force)

# Makes the embedded static vectors again: make embedded-vectors encoder=path/to/all-MiniLM-L6-v2
embedded_vectors := src/vectors/static_vectors/embedded
embedded-vectors: build
	$(MENTORPAL_BIN) vectors distill '$(encoder)' --name embedded-again --licence Apache-2.0 --overwrite
	cp checkpoint/vector_models/embedded-again/model.safetensors $(embedded_vectors)/
	git diff --stat -- $(embedded_vectors)
