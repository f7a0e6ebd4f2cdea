# Every target is a thin wrapper around the program. Variables (ARCH, CHECKPOINT, MENTOR, …) may be in
# upper or lower case, on the make command line or in the environment. The program reads them from the
# environment. Lower-case variables are also passed as flags, so the printed command shows them.

CARGO ?= cargo
# The command to run. If empty, the program is built and run by cargo.
MENTORPAL_BIN ?=

# Environment variables of the program, with their lower-case names.
settings := ARCH:arch CHECKPOINT:checkpoint MENTOR:mentor TEST_SET:test_set MENTORPAL:mentorpal \
	MENTORPAL_REMOTE:mentorpal_remote MENTORPAL_REMOTE_USER:mentorpal_remote_user \
	MENTORPAL_REMOTE_PASSWORD:mentorpal_remote_password \
	MENTORPAL_REMOTE_TIMEOUT:mentorpal_remote_timeout MENTORPAL_REMOTE_WAIT:mentorpal_remote_wait
# Further variables of the targets.
others := CLASSIFIER:classifier VECTORS:vectors FORCE:force ENCODER:encoder ARCH_1:arch_1 \
	CHECKPOINT_1:checkpoint_1 ARCH_2:arch_2 CHECKPOINT_2:checkpoint_2
upper = $(firstword $(subst :, ,$(1)))
lower = $(lastword $(subst :, ,$(1)))
lower_case := $(foreach pair,$(settings) $(others),$(call lower,$(pair)))

# The variables that each target accepts. Others on the command line are an error: `make clean
# checkpoint=old` must not remove more than `old`, and `chekpoint=old` must not test another checkpoint.
takes_quickstart := arch classifier checkpoint test_set vectors
takes_checkpoint-train := arch classifier checkpoint mentor vectors
takes_checkpoint-test := arch classifier checkpoint mentor test_set
takes_checkpoints-compare := arch classifier mentor test_set arch_1 checkpoint_1 arch_2 checkpoint_2
takes_init := arch classifier checkpoint
takes_download-checkpoint := arch classifier checkpoint force
takes_upload-checkpoint := arch classifier checkpoint force
takes_download-vector-models := force
takes_clean := force
takes_embedded-vectors := encoder
# Variables that every target accepts: the workspace, its remote, and settings of cargo, make and the
# system.
system := AWS_% HF_% XDG_% NETRC SSL_CERT_% %_PROXY %_proxy SOURCE_DATE_EPOCH CARGO_% RUST% INSTA_% \
	PROPTEST_% MENTORPAL_REQUIRE README_UPDATE NO_COLOR CLICOLOR% TERM COLUMNS HOME TMPDIR PATH
always := $(filter mentorpal%,$(lower_case)) $(system) MENTORPAL_BIN CARGO SHELL MAKE% GNUMAKEFLAGS

typed := $(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$v))
goals := $(or $(MAKECMDGOALS),quickstart)
taken := $(sort $(foreach goal,$(goals),$(takes_$(goal))))
cases = $(1) $(foreach v,$(1),$(call upper,$(filter %:$v,$(settings) $(others))))
refused := $(filter-out $(call cases,$(taken)) $(call cases,$(always)),$(typed))
ifneq ($(refused),)
$(error make $(goals) does not accept the variable $(refused); accepted: $(or $(taken),none))
endif

# Values are plain text: `$(value v)` is the value as given, without expansion by make, and `quoted` is
# the value as a single shell word.
quoted = '$(subst ','\'',$(1))'
same = $(and $(findstring x$(1)x,x$(2)x),$(findstring x$(2)x,x$(1)x))
define newline


endef

# $(call chosen,variables): the variable to use. The command line takes precedence over the environment,
# an empty variable counts as not given, and two variables of the same origin must be equal.
from = $(foreach v,$(2),$(if $(value $v),$(if $(filter $(1),$(firstword $(origin $v))),$v)))
chosen = $(call agreed,$(or $(strip $(call from,command,$(1))),$(strip $(call from,environment,$(1)))))
agreed = $(strip $(foreach v,$(1),$(call check,$(firstword $(1)),$v))$(firstword $(1)))
check = $(if $(call same,$(value $(1)),$(value $(2))),,$(error $(1) and $(2) differ: give only one of them)) \
	$(if $(findstring $(newline),$(value $(1))),$(error $(1) has several lines))

from_arch := $(call chosen,arch classifier ARCH CLASSIFIER)
$(foreach v,$(filter-out arch classifier,$(lower_case)),$(eval from_$v := $$(call chosen,$$(call cases,$v))))

# The environment of the program: the chosen values, without expansion by make.
exported = $(eval override export $(1) := $$(value $(2)))
$(foreach v,$(filter $(system),$(typed)),$(call exported,$v,$v))
$(foreach pair,$(settings),$(if $(from_$(call lower,$(pair))),\
	$(call exported,$(call upper,$(pair)),$(from_$(call lower,$(pair))))))
unexport $(lower_case) CLASSIFIER VECTORS FORCE ENCODER ARCH_1 CHECKPOINT_1 ARCH_2 CHECKPOINT_2
MAKEOVERRIDES :=

# $(call flag,--flag,variable): the flag, if the program does not read the variable itself. Each flag
# starts with a space.
space := $() $()
flag = $(if $(filter-out $(foreach pair,$(settings),$(call upper,$(pair))),$(2)),$(space)$(1) $(call text,$(2)))
text = $(call quoted,$(value $(1)))
arch_flag := $(call flag,--arch,$(from_arch))
checkpoint_flag := $(call flag,--checkpoint,$(from_checkpoint))
mentor_flag := $(call flag,--mentor,$(from_mentor))
test_set_flag := $(call flag,--test-set,$(from_test_set))
vectors_flag := $(call flag,--vectors,$(from_vectors))
forced := $(filter-out 0 no false off,$(value $(from_force)))
force_flag := $(if $(forced),$(space)--force)

# $(call name,arch,checkpoint): ARCH/CHECKPOINT, or CHECKPOINT, from the variables with these names.
name = $(if $(filter -%,$(firstword $(value $(1))) $(firstword $(value $(2)))),$(error \
	$(1) $(2): a name must not start with -))$(call quoted,$(if $(1),$(value $(1))/)$(value $(2)))
shared := $(if $(from_checkpoint),$(space)$(call name,$(from_arch),$(from_checkpoint)))
ifneq ($(filter checkpoints-compare,$(goals)),)
compared := $(foreach n,1 2,$(if $(from_checkpoint_$n),,$(error give checkpoint_$n: \
	make checkpoints-compare checkpoint_1=X checkpoint_2=Y))$(call name,$(from_arch_$n),$(from_checkpoint_$n)))
endif

run = $(or $(MENTORPAL_BIN),$(CARGO) run --release --locked --quiet --)
built := $(if $(value MENTORPAL_BIN),,build)

.PHONY: quickstart test test-shared build init checkpoint-train checkpoint-test checkpoints-compare \
	download-checkpoint download-vector-models upload-checkpoint clean embedded-vectors

# Train a checkpoint, test it, and ask it a question.
quickstart: $(built)
	$(run) train$(arch_flag)$(checkpoint_flag)$(vectors_flag)
	$(run) test$(arch_flag)$(checkpoint_flag)$(test_set_flag)
	$(run) ask$(arch_flag)$(checkpoint_flag) --mentor guide "how do i retrain just one mentor"

# Run all tests. Tests whose data or programs are missing are skipped and counted; MENTORPAL_REQUIRE=all
# makes them fail instead (tests/support/require.rs). A sentence encoder and an accessibility checker are
# downloaded once, if possible.
test:
	@CARGO=$(call quoted,$(CARGO)) bash tests/run.sh

# Run the checks on real mentors in ../shared, if that folder exists.
test-shared:
	@bash tests/fetch.sh encoder axe
	$(CARGO) test --locked --test shared_data -- --nocapture

build:
	@$(CARGO) build --release --locked

# ARCH=my_arch make checkpoint-train
# make checkpoint-train arch=my_arch checkpoint=my_checkpoint mentor=M vectors=V
checkpoint-train: $(built)
	$(run) train$(arch_flag)$(checkpoint_flag)$(mentor_flag)$(vectors_flag)

# ARCH=my_arch CHECKPOINT=my_checkpoint make checkpoint-test
# make checkpoint-test arch=my_arch checkpoint=my_checkpoint mentor=M test_set=T
checkpoint-test: $(built)
	$(run) test$(arch_flag)$(checkpoint_flag)$(mentor_flag)$(test_set_flag)

# make checkpoints-compare mentor=M arch_1=A checkpoint_1=X arch_2=B checkpoint_2=Y
checkpoints-compare: $(built)
	$(run) compare $(compared)$(arch_flag)$(mentor_flag)$(test_set_flag)

# make init, or make init arch=my_arch checkpoint=my_checkpoint
init: $(built)
	$(run) init

# make download-checkpoint arch=my_arch checkpoint=my_checkpoint
download-checkpoint: $(built)
	$(run) download$(shared)$(force_flag)

# make download-vector-models, or with force=1 to replace existing ones
download-vector-models: $(built)
	$(run) vectors download$(if $(forced), --overwrite)

# make upload-checkpoint arch=my_arch checkpoint=my_checkpoint
upload-checkpoint: $(built)
	$(run) upload$(shared)$(force_flag)

# make clean, or make clean force=1 to remove items without another copy
clean: $(built)
	$(run) clean$(force_flag)

# Rebuild the embedded static vectors: make embedded-vectors encoder=path/to/all-MiniLM-L6-v2
embedded_vectors := crates/mentorpal/src/vectors/static_vectors/embedded
embedded-vectors: $(built)
	$(run) vectors distill $(call text,$(from_encoder)) --name embedded-again --licence Apache-2.0 --overwrite
	cp "$${MENTORPAL:-.}/checkpoint/vector_models/embedded-again/model.safetensors" $(embedded_vectors)/
	git diff --stat -- $(embedded_vectors)
