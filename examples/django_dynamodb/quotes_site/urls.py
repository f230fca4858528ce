from django.urls import include, path

urlpatterns = [
    path("api/", include("quotes.bypassable.urls")),
    path("guarded/", include("quotes.guarded.urls")),
]
