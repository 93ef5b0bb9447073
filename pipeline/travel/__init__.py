"""Travel over the network: places on it, matrices, demand, choice of crossing, detours."""
