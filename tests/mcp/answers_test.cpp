#include "mcp/support.hpp"
