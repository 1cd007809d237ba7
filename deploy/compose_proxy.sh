#!/bin/sh
# Runs nginx in front of the web process of compose.yaml, with the same rules as on a machine.
set -eu
case $PUBLIC_URL in
    https://*) host=${PUBLIC_URL#https://} host=${host%%[:/]*} ;;
    *) echo "Cannot start: PUBLIC_URL must begin with https:// for the proxy." >&2; exit 1 ;;
esac
sed 's|http://127.0.0.1:8000|http://web:8000|' /deploy/nginx_site.conf > /tmp/nginx_site.conf
cat > /tmp/nginx.conf <<END
daemon off;
pid /tmp/nginx.pid;
error_log stderr;
worker_processes auto;
events { worker_connections 1024; }
http {
    access_log off;
    server_tokens off;
    client_body_temp_path /tmp/body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
    server {
        listen 80;
        server_name $host;
        return 301 $PUBLIC_URL\$request_uri;
    }
    server {
        listen 443 ssl;
        server_name $host;
        ssl_certificate /run/secrets/tls_certificate;
        ssl_certificate_key /run/secrets/tls_key;
        include /tmp/nginx_site.conf;
    }
    include /deploy/nginx_unknown_hosts.conf;
}
END
exec nginx -e stderr -c /tmp/nginx.conf
