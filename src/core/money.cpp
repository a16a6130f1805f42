#include "gatehouse/core/money.hpp"
