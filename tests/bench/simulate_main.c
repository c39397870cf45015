/* The simulator alone, without the gateway's libraries. */
#include "simulate/simulate.h"

int main(int argc, char **argv)
{
	return simulate_main(argc, argv);
}
