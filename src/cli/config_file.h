// A YAML file that holds the options of a command:
//
//   version: 1
//   url: http://127.0.0.1:8000
//   spec: openapi.yaml
//   header: ["X-API-Key: ${API_KEY}"]
//   fail-on: high
//
// Every option may stand in it under its own name without dashes; lists for what may be given
// often, true or false for flags. What the command line says wins. "${NAME}" is read from the
// environment, in headers, bodies and the web hook only, so that no secret has to be written down;
// no value is repeated in a message. What is not understood is an error with its line.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "base/environment.h"
#include "base/result.h"

namespace weir::cli {

Status apply_config(CLI::App& command, const std::string& path, const Environment& environment);

}  // namespace weir::cli
