#include "serve/rls/messages.h"

#include <fmt/format.h>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "serve/bounds.h"

namespace weir::serve::rls {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::pbf_writer;
using protozero::tag_and_type;

constexpr pbf_wire_type kBytes = pbf_wire_type::length_delimited;
constexpr pbf_wire_type kVarint = pbf_wire_type::varint;

std::string_view view(const protozero::data_view& data) {
  return {data.data(), data.size()};
}

Unit unit_of(std::int32_t number) {
  return number >= static_cast<int>(Unit::unknown) && number <= static_cast<int>(Unit::week)
             ? static_cast<Unit>(number)
             : Unit::unknown;
}

tl::unexpected<Error> too_many(const char* what, std::size_t most) {
  return fail(ErrorCode::limit_exceeded, fmt::format("there are more than {} {}", most, what));
}

Entry read_entry(pbf_reader reader) {
  Entry entry;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case tag_and_type(1, kBytes):
        entry.key = view(reader.get_view());
        break;
      case tag_and_type(2, kBytes):
        entry.value = view(reader.get_view());
        break;
      default:
        reader.skip();
    }
  }
  return entry;
}

void read_override(pbf_reader reader, LimitOverride& limit) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case tag_and_type(1, kVarint):
        limit.requests_per_unit = reader.get_uint32();
        break;
      case tag_and_type(2, kVarint):
        limit.unit = unit_of(reader.get_enum());
        break;
      default:
        reader.skip();
    }
  }
}

// google.protobuf.UInt64Value
void read_wrapped(pbf_reader reader, std::uint64_t& number) {
  while (reader.next()) {
    if (reader.tag_and_type() == tag_and_type(1, kVarint)) {
      number = reader.get_uint64();
    } else {
      reader.skip();
    }
  }
}

weir::Status read_descriptor(pbf_reader reader, Descriptor& descriptor) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case tag_and_type(1, kBytes):
        if (descriptor.entries.size() == kMaxEntries)
          return too_many("entries in a descriptor", kMaxEntries);
        descriptor.entries.push_back(read_entry(reader.get_message()));
        break;
      case tag_and_type(2, kBytes):
        if (!descriptor.limit) descriptor.limit.emplace();
        read_override(reader.get_message(), *descriptor.limit);
        break;
      case tag_and_type(3, kBytes):
        if (!descriptor.hits_addend) descriptor.hits_addend.emplace();
        read_wrapped(reader.get_message(), *descriptor.hits_addend);
        break;
      case tag_and_type(4, kVarint):
        // Not get_bool(): it reads a byte without asking whether there is one.
        descriptor.is_negative_hits = reader.get_uint64() != 0;
        break;
      default:
        reader.skip();
    }
  }
  return {};
}

weir::Status read_request(pbf_reader reader, Request& request) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case tag_and_type(1, kBytes):
        request.domain = view(reader.get_view());
        break;
      case tag_and_type(2, kBytes): {
        if (request.descriptors.size() == kMaxDescriptors)
          return too_many("descriptors", kMaxDescriptors);
        weir::Status read =
            read_descriptor(reader.get_message(), request.descriptors.emplace_back());
        if (!read) return read;
        break;
      }
      case tag_and_type(3, kVarint):
        request.hits_addend = reader.get_uint32();
        break;
      default:
        reader.skip();
    }
  }
  return {};
}

tl::unexpected<Error> no_message(const char* type) {
  return fail(ErrorCode::invalid_input, fmt::format("this is no {}", type));
}

// By way of a text of its own: protozero leaves a nested message that is empty out.
template <class Write>
void add_message(pbf_writer& writer, protozero::pbf_tag_type tag, Write write) {
  std::string bytes;
  pbf_writer part(bytes);
  write(part);
  writer.add_message(tag, bytes);
}

void write_status(pbf_writer& writer, const Status& status) {
  writer.add_enum(1, static_cast<std::int32_t>(status.code));
  if (status.limit) {
    add_message(writer, 2, [&](pbf_writer& limit) {
      limit.add_uint32(1, status.limit->requests_per_unit);
      limit.add_enum(2, static_cast<std::int32_t>(status.limit->unit));
      limit.add_string(3, status.limit->name);
    });
  }
  writer.add_uint32(3, status.remaining);
  if (!status.until_reset) return;
  add_message(writer, 4, [&](pbf_writer& duration) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*status.until_reset);
    duration.add_int64(1, seconds.count());
    duration.add_int32(2, static_cast<std::int32_t>((*status.until_reset - seconds).count()));
  });
}

}  // namespace

Result<Request> parse_request(std::string_view message) {
  Request request;
  try {
    const weir::Status read = read_request(pbf_reader(message.data(), message.size()), request);
    if (!read) return tl::unexpected(read.error());
  } catch (const protozero::exception&) {
    return no_message("RateLimitRequest");
  }
  return request;
}

std::string write_request(const Request& request) {
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, request.domain.data(), request.domain.size());
  for (const Descriptor& descriptor : request.descriptors) {
    add_message(writer, 2, [&](pbf_writer& part) {
      for (const auto& [key, value] : descriptor.entries) {
        add_message(part, 1, [key = key, value = value](pbf_writer& entry) {
          entry.add_string(1, key.data(), key.size());
          entry.add_string(2, value.data(), value.size());
        });
      }
      if (descriptor.limit) {
        add_message(part, 2, [&](pbf_writer& limit) {
          limit.add_uint32(1, descriptor.limit->requests_per_unit);
          limit.add_enum(2, static_cast<std::int32_t>(descriptor.limit->unit));
        });
      }
      if (descriptor.hits_addend) {
        add_message(part, 3,
                    [&](pbf_writer& number) { number.add_uint64(1, *descriptor.hits_addend); });
      }
      if (descriptor.is_negative_hits) part.add_bool(4, true);
    });
  }
  writer.add_uint32(3, request.hits_addend);
  return message;
}

std::string write_response(const Response& response) {
  std::string message;
  pbf_writer writer(message);
  writer.add_enum(1, static_cast<std::int32_t>(response.overall));
  for (const Status& status : response.statuses)
    add_message(writer, 2, [&](pbf_writer& part) { write_status(part, status); });
  for (const auto& [name, value] : response.headers) {
    add_message(writer, 3, [&name = name, &value = value](pbf_writer& header) {
      header.add_string(1, name);
      header.add_string(2, value);
    });
  }
  if (!response.body.empty()) writer.add_bytes(5, response.body);
  return message;
}

Result<std::string_view> parse_health_request(std::string_view message) {
  std::string_view service;
  try {
    pbf_reader reader(message.data(), message.size());
    while (reader.next()) {
      if (reader.tag_and_type() == tag_and_type(1, kBytes)) {
        service = view(reader.get_view());
      } else {
        reader.skip();
      }
    }
  } catch (const protozero::exception&) {
    return no_message("HealthCheckRequest");
  }
  return service;
}

std::string write_health_response(bool serving) {
  std::string message;
  pbf_writer(message).add_enum(1, serving ? 1 : 2);
  return message;
}

}  // namespace weir::serve::rls
