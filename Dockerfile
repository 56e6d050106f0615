# One image for web, worker and beat; what it runs is the command in docker-compose.yml.
FROM python:3.12-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/venv
RUN pip install --no-cache-dir "uv>=0.8"
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-default-groups
COPY . .
# The texts and static files are part of the image; the key is for this step only and is stored nowhere.
RUN DEMO=True /opt/venv/bin/python -m django compile_texts --settings config.settings \
 && SECRET_KEY=build DATABASE_URL=postgresql:///unused REDIS_URL=redis://unused \
    /opt/venv/bin/python -m django collectstatic --noinput --settings config.settings

FROM python:3.12-slim
# Workers keep files and compiled code here.
RUN useradd --system --uid 10001 --home-dir /app allmende && install -d -o allmende /var/lib/allmende
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/var/lib/allmende/numba DJANGO_SETTINGS_MODULE=config.settings
USER allmende
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--limit-request-line", "8190", "config.wsgi"]
