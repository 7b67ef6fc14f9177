/* workforce -- everything that libworkforce offers. */
#pragma once
#include <workforce/event.h>
#include <workforce/figure.h>
#include <workforce/publisher.h>
#include <workforce/query.h>
#include <workforce/subscriber.h>
#include <workforce/types.h>
