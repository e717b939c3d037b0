/* SPDX-License-Identifier: BSL-1.0 */
/* The yardstick of scripts/bench start: what a program that sends one datagram can cost at the
 * least: options, a socket, a send, the end. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char** argv) {
    const char* host = "127.0.0.1";
    const char* text = "";
    int port = 0;
    int option;
    while ((option = getopt(argc, argv, "h:p:m:")) != -1) {
        if (option == 'h') host = optarg;
        if (option == 'p') port = atoi(optarg);
        if (option == 'm') text = optarg;
        if (option == '?') return 64;
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1) return 64;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) return 71;
    if (sendto(fd, text, strlen(text), 0, (struct sockaddr*)&to, sizeof to) < 0) return 69;
    return 0;
}
