# Makefile - for fingers that type make.  The build itself is meson.build.
BUILD ?= build
all: $(BUILD)/build.ninja ; @ninja -C $(BUILD)
$(BUILD)/build.ninja: ; meson setup $(BUILD)
.PHONY: all
